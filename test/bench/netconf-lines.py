"""The same transaction by ncclient: a line of JSON with the config is locked, edited, committed and unlocked."""

import json
import sys

from ncclient import manager

host, port, user, key = sys.argv[1:5]
with manager.connect(
    host=host, port=int(port), username=user, key_filename=key,
    hostkey_verify=False, allow_agent=False, look_for_keys=False, timeout=120,
) as session:
    print("ready", flush=True)
    for line in sys.stdin:
        session.lock("candidate")
        session.edit_config(target="candidate", config="<config>%s</config>" % json.loads(line))
        session.commit()
        session.unlock("candidate")
        print("done", flush=True)
