"""Understanding: spelling, sentence encoding, topic, age, reader and safety of one message."""
