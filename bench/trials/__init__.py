"""Cases made ready to be measured, one file for each question a case can ask."""
