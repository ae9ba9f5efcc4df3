"""What customers think of the help they got: who is asked, how, and what they answered."""
