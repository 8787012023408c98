"""The dose: the smallest with which enough of a virtual population meet a criterion."""
