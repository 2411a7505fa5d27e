// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "tools/policy/kubernetes_reader.h"
#include "tools/policy/selector_reader.h"

namespace mimir::policy {
namespace {

using config::Node;

// How each kind of peer is called on the two sides.
struct SideNames {
  std::string_view endpoints;
  std::string_view requires_;
  std::string_view cidr;
  std::string_view cidr_set;
  std::string_view entities;
  std::string_view groups;
  std::string_view nodes;
};
constexpr SideNames kFrom{"fromEndpoints", "fromRequires", "fromCIDR", "fromCIDRSet",
                          "fromEntities",  "fromGroups",   "fromNodes"};
constexpr SideNames kTo{"toEndpoints", "toRequires", "toCIDR", "toCIDRSet",
                        "toEntities",  "toGroups",   "toNodes"};

// Entities that are no application of the cluster and not the outside.
constexpr std::array<std::string_view, 8> kOtherEntities{
    "host", "remote-node", "kube-apiserver", "health", "init", "unmanaged", "ingress", "none"};

class RuleReader {
 public:
  RuleReader(ObjectReader& reader, const SideNames& names, const std::string& namespace_name,
             bool is_denial)
      : reader_(reader), names_(names), namespace_name_(namespace_name) {
    rule_.is_denial = is_denial;
  }

  Rule read() {
    read_ports();
    read_endpoints();
    read_addresses();
    read_entities();
    if (&names_ == &kTo) {
      read_services();
      read_names();
    }
    reader_.refuse(names_.requires_, "Cilium has withdrawn it", "write the labels into endpoints");
    reader_.refuse(names_.groups, "groups of a cloud are not known here", "give their CIDRs");
    reader_.refuse(names_.nodes, "labels of nodes are not known here", "leave the rule out");
    reader_.pass_over({"authentication"});
    // Ports alone are for everyone; nothing at all, or an empty list of peers, is for nobody.
    rule_.is_for_anyone = peer_keys_.empty() && has_ports_;
    return std::move(rule_);
  }

 private:
  // Whether the rule has peers of this kind; Cilium takes one kind a rule.
  bool has_peers(std::string_view key) {
    if (reader_.find(key) == nullptr) return false;
    if (!reader_.list(key).empty() && !peer_keys_.empty()) {
      reader_.error(*reader_.find(key),
                    fmt::format("{} excludes {} beside it", reader_.path_of(key), peer_keys_),
                    "give each a rule of its own");
    }
    peer_keys_ = key;
    return true;
  }

  void read_endpoints() {
    if (!has_peers(names_.endpoints)) return;
    std::size_t i = 0;
    for (const Node& endpoint : reader_.list(names_.endpoints)) {
      const std::string path = fmt::format("{}[{}]", reader_.path_of(names_.endpoints), i++);
      rule_.peers.push_back(
          {.kind = Peer::Kind::kPods,
           .pods = read_endpoint_selector(endpoint, path, namespace_name_, reader_.diagnostics())});
    }
  }

  void read_addresses() {
    if (has_peers(names_.cidr)) {
      for (const Node& node : reader_.list(names_.cidr)) {
        std::string text = node.scalar;
        if (text.find('/') == std::string::npos)
          text += text.find(':') < text.size() ? "/128" : "/32";
        const auto cidr = entity::parse_cidr(text);
        if (cidr) {
          add_block({.cidr = *cidr});
        } else {
          reader_.error(node,
                        fmt::format("{}: `{}` is no range of addresses",
                                    reader_.path_of(names_.cidr), node.scalar),
                        "write 10.0.0.0/8 or fd00::/8");
        }
      }
    }
    if (!has_peers(names_.cidr_set)) return;
    reader_.each(names_.cidr_set, [this](ObjectReader& element) {
      for (const std::string_view key : {"cidrGroupRef", "cidrGroupSelector"}) {
        element.refuse(key, "groups of CIDRs are not known here", "give the CIDRs");
        if (element.find(key) != nullptr) return;
      }
      if (auto block = read_block(element)) add_block(std::move(*block));
    });
  }

  // Cilium knows pods by their labels: no block holds one.
  void add_block(AddressBlock block) {
    block.holds_pods = false;
    rule_.peers.push_back({.kind = Peer::Kind::kBlock, .block = std::move(block)});
  }

  void read_entities() {
    if (!has_peers(names_.entities)) return;
    for (const Node& node : reader_.list(names_.entities)) {
      const std::string& entity = node.scalar;
      const bool is_all = entity == "all";
      if (is_all || entity == "cluster") rule_.peers.push_back({.kind = Peer::Kind::kPods});
      if (is_all || entity == "world" || entity == "world-ipv4" || entity == "world-ipv6") {
        rule_.peers.push_back({.kind = Peer::Kind::kOutside});
      } else if (entity != "cluster" && std::find(kOtherEntities.begin(), kOtherEntities.end(),
                                                  entity) == kOtherEntities.end()) {
        reader_.error(
            node, fmt::format("{}: `{}` is no entity", reader_.path_of(names_.entities), entity),
            "give world, cluster, all, host, remote-node or kube-apiserver");
      }
    }
  }

  void read_services() {
    if (!has_peers("toServices")) return;
    reader_.each("toServices", [this](ObjectReader& element) {
      element.refuse("k8sServiceSelector", "only services by name are", "give k8sService");
      const Node* const service = element.find("k8sService");
      if (service == nullptr) return;
      ObjectReader inner(*service, element.path_of("k8sService"), element.diagnostics());
      Peer peer{.kind = Peer::Kind::kService};
      peer.service_name = inner.required_text("serviceName");
      peer.service_namespace = inner.text("namespace");
      if (peer.service_namespace.empty()) peer.service_namespace = namespace_name_;
      inner.finish();
      rule_.peers.push_back(std::move(peer));
    });
  }

  void read_names() {
    if (!has_peers("toFQDNs")) return;
    reader_.report("toFQDNs", "names are not looked up: taken for the outside as a whole");
    if (!reader_.list("toFQDNs").empty()) rule_.peers.push_back({.kind = Peer::Kind::kOutside});
  }

  void read_ports() {
    has_ports_ = !reader_.list("toPorts").empty() || !reader_.list("icmps").empty();
    if (!has_ports_) rule_.ports = PortSet::all();
    reader_.each("toPorts", [this](ObjectReader& element) {
      for (const std::string_view key :
           {"rules", "terminatingTLS", "originatingTLS", "serverNames", "listener"}) {
        element.report(key, "not looked into: what it allows of a connection is taken for all");
      }
      if (element.list("ports").empty()) {
        for (const Protocol protocol : {Protocol::kTcp, Protocol::kUdp, Protocol::kSctp}) {
          rule_.ports.add(protocol, PortSet::kAllPorts);
        }
      }
      element.each("ports", [this](ObjectReader& port) { read_port(port); });
    });
    reader_.each("icmps", [this](ObjectReader& element) {
      element.report("fields", "types of ICMP are not told apart: taken for all of it");
      rule_.ports.add(Protocol::kIcmp, PortSet::kAllPorts);
    });
  }

  void read_port(ObjectReader& port) {
    const std::string protocol = port.text("protocol");
    const std::string number = port.text("port");
    PortSet::Range range = PortSet::kAllPorts;
    if (number.find_first_of("abcdefghijklmnopqrstuvwxyz") != std::string::npos) {
      port.report("port", "names of ports are not known here: taken for all ports");
    } else if (const auto first = port.number("port", 0, PortSet::kAllPorts.last);
               first.value_or(0) != 0) {
      const auto last = port.number("endPort", *first, PortSet::kAllPorts.last);
      range = {.first = *first, .last = last.value_or(*first)};
    }
    port.pass_over({"endPort"});
    bool is_known = false;
    for (const auto& [name, value] :
         {std::pair("TCP", Protocol::kTcp), std::pair("UDP", Protocol::kUdp),
          std::pair("SCTP", Protocol::kSctp)}) {
      if (!protocol.empty() && protocol != "ANY" && protocol != name) continue;
      rule_.ports.add(value, range);
      is_known = true;
    }
    if (is_known) return;
    port.error(*port.find("protocol"),
               fmt::format("{}: `{}` is no protocol", port.path_of("protocol"), protocol),
               "give TCP, UDP, SCTP or ANY");
  }

  ObjectReader& reader_;
  const SideNames& names_;
  const std::string& namespace_name_;
  Rule rule_;
  std::string peer_keys_;
  bool has_ports_ = false;
};

void read_side(ObjectReader& spec, std::string_view allow, std::string_view deny,
               const SideNames& names, const std::string& namespace_name, Side& side) {
  for (const auto& [key, is_denial] : {std::pair(allow, false), std::pair(deny, true)}) {
    spec.each(key, [&, denies = is_denial](ObjectReader& reader) {
      side.rules.push_back(RuleReader(reader, names, namespace_name, denies).read());
    });
  }
  side.isolates = !side.rules.empty();
}

}  // namespace

NetworkPolicy read_cilium_policy(ObjectReader& spec, const std::string& namespace_name) {
  NetworkPolicy policy;
  spec.pass_over({"description", "labels", "log"});
  spec.refuse("nodeSelector", "policies for hosts take no part", "leave it out of this file");
  policy.subject.namespace_name = namespace_name;
  if (const Node* const selector = spec.find("endpointSelector")) {
    const PodSelector subject = read_endpoint_selector(*selector, spec.path_of("endpointSelector"),
                                                       namespace_name, spec.diagnostics());
    policy.subject.pods = subject.pods;
    policy.subject.namespaces = subject.namespaces;
  } else if (spec.find("nodeSelector") == nullptr) {
    spec.error(spec.node(), spec.path_of("endpointSelector") + " is missing",
               "write {} to select every pod");
  }
  read_side(spec, "ingress", "ingressDeny", kFrom, namespace_name, policy.ingress);
  read_side(spec, "egress", "egressDeny", kTo, namespace_name, policy.egress);
  if (const Node* const node = spec.find("enableDefaultDeny")) {
    ObjectReader reader(*node, spec.path_of("enableDefaultDeny"), spec.diagnostics());
    policy.ingress.isolates = reader.boolean("ingress", policy.ingress.isolates);
    policy.egress.isolates = reader.boolean("egress", policy.egress.isolates);
    reader.finish();
  }
  return policy;
}

}  // namespace mimir::policy
