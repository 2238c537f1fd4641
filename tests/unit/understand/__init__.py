"""Understanding: the gazetteer and the reader of descriptions."""
