#!/usr/bin/env python3
# A worker for presque: worker.py URL QUEUE. Its work is to add up the numbers of {"numbers":[…]}.
import http.client, json, re, signal, sys, threading, time, urllib.request

def work(job):  # returns the result, or raises
    return sum(job["numbers"])

def ask(link, body=None):  # a poll until there is a job, a settlement until it is heard
    while body or not stopping.is_set():
        try:
            return urllib.request.urlopen(link, body, timeout=30)
        except (OSError, http.client.HTTPException) as error:
            print(error, file=sys.stderr)
            if body and getattr(error, "code", 503) < 500:
                return None
            time.sleep(1)

stopping = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stopping.set())
while job := ask("{}/q/{}?lease=60s&wait=8s".format(*sys.argv[1:])):
    try:
        act, said = "done", json.dumps(work(json.load(job)), allow_nan=False)
    except Exception as error:
        act, said = "fail", json.dumps({"error": repr(error)})
    ask(re.search(f'<([^>]+)>; rel="{act}"', job.headers["Link"])[1], said.encode())
