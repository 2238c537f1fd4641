"""A thousand people at once: what does each of them get, and what does it cost the process?"""
