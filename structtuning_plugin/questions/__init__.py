"""Sets of questions: how they are read, asked, answered, graded, and tied to the tree."""
