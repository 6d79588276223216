"""Two proxies that the world trusts, as Debian packages them, in front of the same backend as the gateway."""

import os
import shutil

from support.process import Process
from support.waiting import answers, free_port, until

PATH = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"

NGINX = """
daemon off;
worker_processes 1;
{user}
pid {folder}/nginx.pid;
error_log stderr crit;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    client_header_timeout {patience}ms;
    client_body_timeout {patience}ms;
    keepalive_timeout {patience}ms;
    merge_slashes off;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://127.0.0.1:{upstream};
            proxy_http_version 1.1;
            proxy_request_buffering off;
            proxy_set_header Host $http_host;
        }}
    }}
}}
"""
HAPROXY = """
global
    maxconn 512
defaults
    mode http
    timeout connect 5s
    timeout server 15s
    timeout client {patience}ms
    timeout http-request {patience}ms
    timeout http-keep-alive {patience}ms
frontend front
    bind 127.0.0.1:{port}
    default_backend back
backend back
    server one 127.0.0.1:{upstream}
"""


def find(name):
    return shutil.which(name, path=PATH)


class Peer(Process):
    """nginx or HAProxy on a port of its own; `patience` is how many milliseconds it waits for a request or the rest of one."""

    def __init__(self, name, folder, upstream, patience):
        self.port = free_port()
        text = {"nginx": NGINX, "haproxy": HAPROXY}[name]
        file = folder / f"{name}.conf"
        user = "user root;" if os.getuid() == 0 else ""
        file.write_text(text.format(folder=folder, port=self.port, upstream=upstream, patience=patience, user=user))
        arguments = {"nginx": ["-p", folder, "-e", "stderr", "-c", file], "haproxy": ["-db", "-f", file]}[name]
        super().__init__(name, [find(name), *arguments])
        until(lambda: answers(self.port), f"{name} to answer")

    def end(self):
        self.send(15)
        try:
            self.wait(5)
        except AssertionError:
            self.kill()
