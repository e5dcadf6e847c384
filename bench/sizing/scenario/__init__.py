"""A scenario: who meets, what they see and hear, how it is protected, on what, for how much."""
