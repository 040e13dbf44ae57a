"""The demo: a small real project and four tasks that show what happens to builds."""
