"""What the law gives customers over their data: to see, to take along, to have it forgotten."""
