"""The study pkpd-networks: sizes, modes and strategies of networks beside published figures."""
