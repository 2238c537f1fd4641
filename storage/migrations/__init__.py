"""How did the schema become what it is? One file a step, in order."""
