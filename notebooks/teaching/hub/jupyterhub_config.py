"""A class on one Linux machine: its ordinary users, a server and copies of the notebooks for each.

    sudo env TCP_LAB_SET=/srv/tcp-server-notebooks jupyterhub -f jupyterhub_config.py

Who may log in are the users of the machine who are in the group ``students``, with the passwords
that they have there (PAM). A user's server runs as that user (LocalProcessSpawner, the default), so
a lab needs nothing that the user would not have in a terminal. The hub itself runs as root, for it
must become each of them; no user does.
"""

import os

# Where the set lies: readable by everyone, its environment too, and so not under /root or a home.
HERE = os.environ.get("TCP_LAB_SET", "/srv/tcp-server-notebooks")
GROUP = os.environ.get("TCP_LAB_GROUP", "students")
# The environment of the set, which has jupyterhub as well.
BIN = os.environ.get("TCP_LAB_BIN", f"{HERE}/.venv/bin")

c = get_config()  # noqa: F821  # JupyterHub gives it

# This machine only. For a room, let a web server with TLS stand before it, or set ssl_key and
# ssl_cert: passwords cross the network.
c.JupyterHub.bind_url = os.environ.get("TCP_LAB_URL", "http://127.0.0.1:8000")
c.PAMAuthenticator.allowed_groups = {GROUP}
# A try without accounts: authenticator_class = "dummy" lets in whoever names an existing user, with
# any password. Not for a machine that others reach.

c.Spawner.cmd = [f"{HERE}/notebooks/teaching/hub/start", f"{BIN}/jupyterhub-singleuser"]
c.Spawner.environment = {"PATH": f"{BIN}:/usr/local/bin:/usr/bin:/bin"}
c.Spawner.default_url = "/lab/tree/tcp-server/00_eight_lines.ipynb"
# A class logs in at once: twenty who started together waited 100 s each on two busy cores. Whoever
# is one too many for the limit is told to try again later, as half of them were with one of 10.
c.Spawner.start_timeout = c.Spawner.http_timeout = 300
c.JupyterHub.concurrent_spawn_limit = 0
# A lab goes with its kernel; a kernel that nobody uses goes after two hours.
c.Spawner.args = [
    "--MappingKernelManager.cull_idle_timeout=7200",
    "--MappingKernelManager.cull_interval=300",
]
# Nothing here limits memory: jupyterhub-systemdspawner does, where there is systemd.
