"""Proofs that anyone can run: lives, fuzz, mutants, audit and the docs themselves."""
