"""Who answers: real servers, files of answers, responders with planted properties."""
