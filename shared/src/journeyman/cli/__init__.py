"""The command line, `journeyman`: a file a topic, each imported only when its command is used.

`app.py` names the commands, `__main__.py` runs one and turns errors into exit codes, `connection.py` is how
commands reach the servers and the log, `output.py` is how they print. What a command shows is made by pure
functions from the API's answers to text and tables (`words.py`, `pages.py`).
"""
