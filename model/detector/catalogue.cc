// SPDX-License-Identifier: Apache-2.0
#include "model/detector/catalogue.h"

#include <algorithm>
#include <array>
#include <tuple>

namespace mimir::detector {

namespace {

constexpr std::array kCatalogue = {
    KindText{
        .kind = Kind::kPortScan,
        .name = "port_scan",
        .signature_id = 7700201,
        .category = "Detection of a Network Scan",
        .signature = "MIMIR port scan",
        .tactic = "TA0007",
        .meaning = "The source tried services it had never talked to, and so many of them did not "
                   "answer or refused that chance does not explain it.",
        .false_alarm = "A vulnerability scanner or an inventory that was not part of the training "
                       "traffic, a client with a stale list of servers, a new release whose "
                       "dependencies are not there yet.",
        .action = "Look up who started the pod and what ran in it; see which ports answered and "
                  "whether anything was sent to them afterwards; isolate the pod with a network "
                  "policy if nobody knows of it."},
    KindText{
        .kind = Kind::kHostSweep,
        .name = "host_sweep",
        .signature_id = 7700202,
        .category = "Detection of a Network Scan",
        .signature = "MIMIR host sweep",
        .tactic = "TA0007",
        .meaning = "The source asked many addresses for one service, or pinged them, and too many "
                   "did not answer: it looks for machines, not for a service it knows.",
        .false_alarm = "Monitoring that was not part of the training traffic, a client of a "
                       "service most of whose servers are gone, peer discovery of a database "
                       "cluster with an old member list.",
        .action = "See whether the addresses are ones the source could know; look at what it did "
                  "with those that answered; isolate it if nobody knows of it."},
    KindText{
        .kind = Kind::kLateralMovement,
        .name = "lateral_movement",
        .signature_id = 7700203,
        .category = "Attempted Administrator Privilege Gain",
        .signature = "MIMIR lateral movement",
        .tactic = "TA0008",
        .meaning = "A service opened connections to another that it never talked to while the "
                   "model was trained, and the one it reached did the same in turn, or the port "
                   "is one that gives control over what listens there.",
        .false_alarm = "A release that adds a dependency, an administrator's session, a job that "
                       "did not run while the model was trained.",
        .action = "Ask whether the edge is meant to exist and add it to the policy if it is; else "
                  "take the hops in order: the first source is the likeliest way in, the last "
                  "destination what was wanted."},
    KindText{.kind = Kind::kBruteForce,
             .name = "brute_force",
             .signature_id = 7700204,
             .category = "Attempted Administrator Privilege Gain",
             .signature = "MIMIR brute force",
             .tactic = "TA0006",
             .meaning = "Many short connections of much the same size to one port that asks for a "
                        "password: somebody tries names and passwords.",
             .false_alarm =
                 "A client with a wrong or expired password that retries, a script that "
                 "opens a connection for every command, a database client without a pool.",
             .action = "Read the server's log for failed logins and for one that then succeeded; "
                       "rotate that account's secret; block the source if it is not yours."},
    KindText{
        .kind = Kind::kBeacon,
        .name = "beacon",
        .signature_id = 7700205,
        .category = "Malware Command and Control Activity Detected",
        .signature = "MIMIR beacon",
        .tactic = "TA0011",
        .meaning = "Connections of the same size to one outside address at regular times, give or "
                   "take some jitter: a program asks for orders.",
        .false_alarm = "Telemetry, update checks, licence servers, uptime probes: anything that "
                       "polls.",
        .action = "Find out whose the address is and which program in the pod asks; if it is "
                  "wanted, allow it with a reason; else isolate the pod and keep its memory."},
    KindText{
        .kind = Kind::kEchoTunnel,
        .name = "echo_tunnel",
        .signature_id = 7700206,
        .category = "Potential Corporate Privacy Violation",
        .signature = "MIMIR data in ICMP",
        .tactic = "TA0011",
        .meaning = "More, larger or less even ICMP than echoes need, which come back as they went: "
                   "data travel in them.",
        .false_alarm = "Path MTU probing, a ping flood by an administrator, a measurement that "
                       "varies the size on purpose.",
        .action = "Pods rarely need ICMP at all: forbid it by policy where you can; look at what "
                  "runs on the source and how much went out."},
    KindText{.kind = Kind::kLongConnection,
             .name = "long_connection",
             .signature_id = 7700207,
             .category = "Misc activity",
             .signature = "MIMIR long connection to the outside",
             .tactic = "TA0011",
             .meaning =
                 "One connection to an outside address stayed open for hours while little went "
                 "over it: interactive control looks like this.",
             .false_alarm = "Web sockets, message queues, database replication, a watch on a cloud "
                            "service's interface.",
             .action =
                 "Find out whose the address is; if the service is meant to hold it open, allow it "
                 "with a reason."},
    KindText{
        .kind = Kind::kDnsVolume,
        .name = "dns_volume",
        .signature_id = 7700208,
        .category = "Potential Corporate Privacy Violation",
        .signature = "MIMIR unusual amount of DNS",
        .tactic = "TA0011",
        .meaning = "Far more and far longer DNS questions than looking up names takes: data may "
                   "travel in them. Counters alone say this; names are looked at elsewhere.",
        .false_alarm = "Mail filters and reputation services that ask by long names, a resolver "
                       "that asks for many clients.",
        .action = "Look at the names that were asked for; compare with what else says so of the "
                  "same source."},
};

static_assert(kCatalogue.size() == static_cast<std::size_t>(Kind::kDnsVolume) + 1);

}  // namespace

std::span<const KindText> catalogue() { return kCatalogue; }

const KindText& text_of(Kind kind) { return kCatalogue[static_cast<std::size_t>(kind)]; }

std::string_view name(Severity severity) {
  constexpr std::array<std::string_view, 4> kNames{"", "high", "medium", "low"};
  return kNames[static_cast<std::size_t>(severity)];
}

void sort_findings(std::vector<Finding>& findings) {
  std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    return std::tie(a.last_ns, a.source.address, a.kind) <
           std::tie(b.last_ns, b.source.address, b.kind);
  });
}

}  // namespace mimir::detector
