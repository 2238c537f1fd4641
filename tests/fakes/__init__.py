"""Fakes of the ports that several suites share; the contract suites prove them."""
