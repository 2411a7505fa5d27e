#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a cluster does by itself is no attack: updates, autoscaling, a service that crashes,
monitoring that hears late of all that, jobs. The detectors know nothing of the cluster here."""

import re

from mimir_case import OK, MimirCase, json_lines, main

METRICS = {"catalogue-db": 9104, "carts-db": 9216, "orders-db": 9216, "user-db": 9216,
           "rabbitmq": 15692, "session-db": 9121, "kube-dns": 9153}
SCALED = {"front-end": 9, "catalogue": 10, "user": 8}
PROMETHEUS = """  - name: prometheus
    namespace: monitoring
    image: prom/prometheus:v2.45.0
    protocol: http
    port: 9090

links:
"""
# A release of many services at once: for half a minute Prometheus asks pods that are gone.
BY_THE_CLOCK = """updates:
  - {service: front-end, at: 5min}
  - {service: user, at: 5min}
  - {service: carts, at: 5min}
  - {service: catalogue, at: 5min}
  - {service: payment, at: 5min}

crashes:
  - {service: user, at: 9min, down_for: 2min}
  - {service: catalogue, at: 12min, down_for: 5min}

scrapers:
  - {service: prometheus}
"""


class Operations(MimirCase):
    @classmethod
    def document(cls):
        text = cls.must("simulate", "--app", "sock-shop", "--print-topology")
        keys = [(name, f"metrics_port: {port}") for name, port in METRICS.items()]
        keys += [(name, f"replicas_max: {most}\n    users_per_replica: 2")
                 for name, most in SCALED.items()]
        for name, key in keys:
            text, count = re.subn(rf"(  - name: {name}\n    namespace: .*\n)", rf"\1    {key}\n",
                                  text, count=1)
            assert count == 1, name
        text = re.sub(r"    at: \dh\n", "    at: 2min\n", text)
        return text.replace("links:\n", PROMETHEUS, 1).partition("updates:\n")[0] + BY_THE_CLOCK

    def test_a_busy_time_raises_no_alert(self):
        self.write("busy.yaml", self.document())
        self.simulate("busy", "--topology", "busy.yaml", "--users", 15, "--duration", "20min",
                      "--seed", 3, "--snap", 330)
        answer = self.call("detect", "--entities", "busy/entities.jsonl", "busy/capture.pcap")
        self.expect(answer, OK)
        said = [alert["mimir"]["explanation"]["summary"] for alert in json_lines(answer.stdout)]
        self.assertEqual(said, [])


if __name__ == "__main__":
    main()
