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
    KindText{
        .kind = Kind::kDnsTunnel,
        .name = "dns_tunnel",
        .signature_id = 7700209,
        .category = "Potential Corporate Privacy Violation",
        .signature = "MIMIR data in DNS",
        .tactic = "TA0010",
        .meaning = "The names asked for, or the answers, carry more than looking up names needs: "
                   "long names that nobody asked for before, below one domain or of one client, "
                   "or many answers of kinds that programs hardly ask for. Firewalls let DNS out.",
        .false_alarm = "Reputation and blocklist services that put what they ask about into the "
                       "name, a content network that names each object, a mail server that looks "
                       "up TXT records all day.",
        .action = "Look up who owns the domain and who else in the cluster asks for it; read the "
                  "resolver's log for the names; block the domain there if nobody knows of it, "
                  "or allow it with a reason."},
    KindText{
        .kind = Kind::kEncryptedDns,
        .name = "encrypted_dns",
        .signature_id = 7700210,
        .category = "Potential Corporate Privacy Violation",
        .signature = "MIMIR DNS past the cluster's resolver",
        .tactic = "TA0011",
        .meaning = "A pod asks a public resolver over TLS, where nobody can read the names: the "
                   "cluster's resolver, its log and its policy are passed by, and data may leave "
                   "in the names.",
        .false_alarm = "The cluster's own resolver that forwards over TLS, a service mesh or a "
                       "browser in a pod with DNS over HTTPS switched on.",
        .action = "If it is the resolver, allow it with a reason; else find out which program asks "
                  "and switch it off, or forbid the address and port 853 by policy."},
    KindText{
        .kind = Kind::kApplicationPort,
        .name = "application_port",
        .signature_id = 7700211,
        .category = "Detection of a non-standard protocol or event",
        .signature = "MIMIR application at another's port",
        .tactic = "TA0011",
        .meaning = "What is spoken is not what the port is for, or it is something that no service "
                   "of a cluster speaks: whoever opens a port in a firewall for one application is "
                   "given another.",
        .false_alarm = "A jump host or a tunnel of the administrators at port 443, a database at "
                       "the port of another by somebody's choice, a test server.",
        .action = "Ask who runs the server end; look at how much went out; where it leaves the "
                  "cluster and nobody knows of it, forbid it by policy and keep the pod."},
    KindText{
        .kind = Kind::kPayloadRule,
        .name = "payload_rule",
        .signature_id = 7700212,
        .category = "Sensitive Data was Transmitted Across the Network",
        .signature = "MIMIR rule found in payload",
        .tactic = "TA0010",
        .meaning = "A rule found what it looks for in the first bytes of a flow; the variant is "
                   "the rule, its description says what that is.",
        .false_alarm = "Test data, documentation, identifiers that happen to have valid check "
                       "digits, a partner to whom such data are meant to go.",
        .action = "See who the receiver is and whether it is meant to have such data; if a secret "
                  "went out, rotate it; if it is meant to go, allow the pair with a reason or "
                  "raise the rule's count."},
    KindText{
        .kind = Kind::kHttpFingerprint,
        .name = "http_fingerprint",
        .signature_id = 7700213,
        .category = "Misc activity",
        .signature = "MIMIR unknown HTTP client",
        .tactic = "TA0011",
        .meaning = "A pod asked the outside over plain HTTP in a way that no pod of its service "
                   "did while the model was trained: another program, or another host.",
        .false_alarm = "A release with another HTTP library, a base image that updates itself, a "
                       "dependency that fetches something new.",
        .action = "Compare with the service's last release; look at which program made the "
                  "request; train again once it is known to be meant."},
};

static_assert(kCatalogue.size() == static_cast<std::size_t>(Kind::kHttpFingerprint) + 1);

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
