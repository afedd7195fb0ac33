"""Says lines of JSON to a NETCONF server with ncclient, and prints each answer's XML, or the error, as a line of JSON.

    talk.py HOST PORT DEVICE     a line is [operation, arguments]; DEVICE is what ncclient calls a kind of device
"""
import json
import sys

from ncclient import manager
from ncclient.xml_ import to_ele

host, port, device = sys.argv[1], int(sys.argv[2]), sys.argv[3]
with manager.connect(
    host=host,
    port=port,
    username="cordon",
    password="secret",
    hostkey_verify=False,
    allow_agent=False,
    look_for_keys=False,
    timeout=20,
    device_params={"name": device},
) as session:
    for line in sys.stdin:
        operation, arguments = json.loads(line)
        try:
            positional = [to_ele(arguments.pop("xml"))] if "xml" in arguments else []
            if isinstance(arguments.get("filter"), str):
                arguments["filter"] = ("subtree", arguments["filter"])
            answer = {"reply": str(getattr(session, operation)(*positional, **arguments))}
        except Exception as error:
            answer = {"error": type(error).__name__, "tag": getattr(error, "tag", None), "words": str(error)}
        print(json.dumps(answer), flush=True)
