#!/usr/bin/env python3
"""A worker for presque: worker.py URL QUEUE. Its work is to add up the numbers of {"numbers":[…]}."""
import http.client, json, os, re, signal, sys, threading, time, urllib.error, urllib.request

def work(job, extend):  # returns the result or raises; calls extend(0.5), say, when it takes long
    return sum(job["numbers"])

def ask(link, body=None):  # until the server answers, or this worker is to stop
    while True:
        try:
            with urllib.request.urlopen(link, body, timeout=30) as answer:
                return answer.status, answer.headers, answer.read()
        except (OSError, http.client.HTTPException) as error:
            if isinstance(error, urllib.error.HTTPError) and error.code < 500:
                return error.code, error.headers, error.read()
            print(error, file=sys.stderr)
        if stopping:
            sys.exit(0)
        time.sleep(1)

def stop(*_):  # what is on its way still arrives within that second
    global stopping
    stopping = True
    threading.Timer(1, lambda: idle and os._exit(0)).start()

url, queue = sys.argv[1:]
poll = f"{url}/q/{queue}?lease=60s&wait=20s&worker_id=worker.py-{os.getpid()}"
stopping = idle = False
signal.signal(signal.SIGTERM, stop)
while not stopping:
    idle = True
    status, headers, text = ask(poll)
    idle = False
    if status == 200:
        links = {rel: link for link, rel in re.findall(r'<(.+?)>; rel="(\w+)"', headers["Link"])}
        extend = lambda progress: ask(links["extend"], json.dumps({"progress": progress}).encode())
        try:
            act, said = "done", json.dumps(work(json.loads(text), extend), allow_nan=False)
        except Exception as error:
            act, said = "fail", json.dumps({"error": repr(error)})
        status, _, text = ask(links[act], said.encode())
        print("job", headers["Presque-Job"], act, status, text.decode(), flush=True)
    elif not re.search(b"no job|queue is closed", text):
        sys.exit(text.decode())
