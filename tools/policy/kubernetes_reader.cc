// SPDX-License-Identifier: Apache-2.0
#include "tools/policy/kubernetes_reader.h"

#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "config/yaml_document.h"
#include "tools/policy/selector_reader.h"

namespace mimir::policy {
namespace {

using config::Node;

class StreamReader {
 public:
  explicit StreamReader(config::Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  void read(const Node& node, const std::string& path) {
    ObjectReader object(node, path, diagnostics_);
    const std::string kind = object.required_text("kind");
    const std::string version = object.required_text("apiVersion");
    if (kind.empty() || version.empty()) return;
    if (kind.ends_with("List")) {
      read_list(object);
    } else if (kind == "NetworkPolicy" && version == "networking.k8s.io/v1") {
      read_policies(object, kind, false);
    } else if (kind == "CiliumNetworkPolicy" && version == "cilium.io/v2") {
      read_policies(object, kind, true);
    } else if (kind == "CiliumClusterwideNetworkPolicy" && version == "cilium.io/v2") {
      is_clusterwide_ = true;
      read_policies(object, kind, true);
      is_clusterwide_ = false;
    } else if (kind == "Namespace" && version == "v1") {
      read_namespace(object);
    } else if (kind.ends_with("Policy")) {
      object.error(*node.find("kind"), fmt::format("{} of {} is not supported", kind, version),
                   "supported are NetworkPolicy (networking.k8s.io/v1), CiliumNetworkPolicy and "
                   "CiliumClusterwideNetworkPolicy (cilium.io/v2)");
    } else {
      object.warning(*node.find("kind"), fmt::format("{} is no policy and takes no part", kind));
    }
  }

  [[nodiscard]] PolicySet take() { return std::move(set_); }

 private:
  void read_list(ObjectReader& object) {
    std::size_t i = 0;
    for (const Node& item : object.list("items")) {
      read(item, fmt::format("items[{}]", i++));
    }
  }

  // What else metadata has says nothing about connections.
  std::string metadata_text(ObjectReader& object, std::string_view key) {
    const Node* const metadata = object.find("metadata");
    if (metadata == nullptr) return {};
    return ObjectReader(*metadata, object.path_of("metadata"), diagnostics_).text(key);
  }

  void read_policies(ObjectReader& object, const std::string& kind, bool is_cilium) {
    object.pass_over({"status"});
    std::string namespace_name;
    if (!is_clusterwide_) {
      namespace_name = metadata_text(object, "namespace");
      if (namespace_name.empty()) namespace_name = "default";
    }
    const std::string name = metadata_text(object, "name");
    const std::string shown =
        kind + ' ' + (namespace_name.empty() ? name : namespace_name + '/' + name);
    if (name.empty()) object.error(object.node(), object.path_of("metadata.name") + " is missing");
    const auto add = [&](ObjectReader& spec) {
      NetworkPolicy policy = is_cilium ? read_cilium_policy(spec, namespace_name)
                                       : read_network_policy(spec, namespace_name);
      policy.name = shown;
      set_.policies.push_back(std::move(policy));
    };
    if (const Node* const spec = object.find("spec")) {
      ObjectReader reader(*spec, object.path_of("spec"), diagnostics_);
      add(reader);
      reader.finish();
    } else if (!is_cilium || object.find("specs") == nullptr) {
      object.error(object.node(), object.path_of("spec") + " is missing");
    }
    if (is_cilium) object.each("specs", add);
    object.finish();
  }

  void read_namespace(ObjectReader& object) {
    Labels& labels = set_.namespaces[metadata_text(object, "name")];
    const Node* const metadata = object.find("metadata");
    const Node* const given = metadata == nullptr ? nullptr : metadata->find("labels");
    if (given == nullptr) return;
    for (const auto& [key, value] : given->members) {
      if (value.kind == Node::Kind::kScalar) labels.insert_or_assign(key.name, value.scalar);
    }
  }

  config::Diagnostics& diagnostics_;
  PolicySet set_;
  bool is_clusterwide_ = false;
};

// networking.k8s.io/v1 NetworkPolicyPort.
void read_port(ObjectReader& reader, PortSet& ports) {
  const std::string protocol_name = reader.text("protocol");
  Protocol protocol = Protocol::kTcp;
  if (protocol_name == "UDP") {
    protocol = Protocol::kUdp;
  } else if (protocol_name == "SCTP") {
    protocol = Protocol::kSctp;
  } else if (!protocol_name.empty() && protocol_name != "TCP") {
    reader.error(*reader.find("protocol"),
                 fmt::format("{}: `{}` is no protocol", reader.path_of("protocol"), protocol_name),
                 "give TCP, UDP or SCTP");
  }
  const std::string port = reader.text("port");
  const Node* const end_port = reader.find("endPort");
  const bool is_named = port.find_first_of("abcdefghijklmnopqrstuvwxyz") != std::string::npos;
  if ((port.empty() || is_named) && end_port != nullptr) {
    reader.error(*end_port, reader.path_of("endPort") + " needs a numbered port to begin with");
    return;
  }
  if (port.empty()) {
    ports.add(protocol, PortSet::kAllPorts);
    return;
  }
  if (is_named) {
    reader.warning(*reader.find("port"),
                   fmt::format("{}: `{}` is taken for all ports: entities do not know the "
                               "ports of containers",
                               reader.path_of("port"), port),
                   "give the number, if the others matter");
    ports.add(protocol, PortSet::kAllPorts);
    return;
  }
  const auto first = reader.number("port", 1, PortSet::kAllPorts.last);
  if (!first) return;
  const auto last = reader.number("endPort", *first, PortSet::kAllPorts.last);
  ports.add(protocol, {.first = *first, .last = last ? *last : *first});
}

// networking.k8s.io/v1 NetworkPolicyPeer: pods, or a block.
void read_peer(ObjectReader& reader, const std::string& namespace_name, Rule& rule) {
  const Node* const pods = reader.find("podSelector");
  const Node* const namespaces = reader.find("namespaceSelector");
  const Node* const block = reader.find("ipBlock");
  if (block != nullptr && (pods != nullptr || namespaces != nullptr)) {
    reader.error(*block, reader.path_of("ipBlock") + " excludes selectors beside it",
                 "begin another element with `- ipBlock:`");
    return;
  }
  if (block != nullptr) {
    ObjectReader inner(*block, reader.path_of("ipBlock"), reader.diagnostics());
    if (auto read = read_block(inner)) {
      rule.peers.push_back({.kind = Peer::Kind::kBlock, .block = std::move(*read)});
    }
    inner.finish();
    return;
  }
  if (pods == nullptr && namespaces == nullptr) {
    reader.error(reader.node(), reader.path() + " selects nobody",
                 "give podSelector, namespaceSelector or ipBlock; {} in one of them is everyone");
    return;
  }
  Peer peer{.kind = Peer::Kind::kPods};
  if (namespaces == nullptr) {
    peer.pods.namespace_name = namespace_name;
  } else {
    peer.pods.namespaces =
        read_label_selector(*namespaces, reader.path_of("namespaceSelector"), reader.diagnostics());
  }
  if (pods != nullptr) {
    peer.pods.pods =
        read_label_selector(*pods, reader.path_of("podSelector"), reader.diagnostics());
  }
  rule.peers.push_back(std::move(peer));
}

// No `from` at all, or an empty one, is everyone; the same holds of `ports`.
void read_rules(ObjectReader& spec, std::string_view key, std::string_view peers,
                const std::string& namespace_name, Side& side) {
  spec.each(key, [&](ObjectReader& reader) {
    Rule rule;
    rule.is_for_anyone = reader.list(peers).empty();
    reader.each(peers, [&](ObjectReader& peer) { read_peer(peer, namespace_name, rule); });
    if (reader.list("ports").empty()) rule.ports = PortSet::all();
    reader.each("ports", [&rule](ObjectReader& port) { read_port(port, rule.ports); });
    side.rules.push_back(std::move(rule));
  });
}

void read_policy_types(ObjectReader& spec, NetworkPolicy& policy) {
  if (spec.list("policyTypes").empty()) {
    policy.ingress.isolates = true;
    policy.egress.isolates = !spec.list("egress").empty();
    return;
  }
  bool is_known = true;
  for (const Node& type : spec.list("policyTypes")) {
    if (type.scalar == "Ingress") {
      policy.ingress.isolates = true;
    } else if (type.scalar == "Egress") {
      policy.egress.isolates = true;
    } else {
      is_known = false;
      spec.error(type, fmt::format("{}: `{}` is no type", spec.path_of("policyTypes"), type.scalar),
                 "give Ingress, Egress or both");
    }
  }
  for (auto [side, key, type] : {std::tuple(&policy.ingress, "ingress", "Ingress"),
                                 std::tuple(&policy.egress, "egress", "Egress")}) {
    if (!is_known || side->isolates || side->rules.empty()) continue;
    spec.warning(*spec.find(key),
                 fmt::format("{} holds nothing: policyTypes lacks {}", spec.path_of(key), type));
    side->rules.clear();
  }
}

}  // namespace

std::optional<AddressBlock> read_block(ObjectReader& reader) {
  const std::string text = reader.required_text("cidr");
  const auto cidr = entity::parse_cidr(text);
  if (!cidr) {
    if (!text.empty()) {
      reader.error(*reader.find("cidr"),
                   fmt::format("{}: `{}` is no range of addresses", reader.path_of("cidr"), text),
                   "write 10.0.0.0/8 or fd00::/8");
    }
    return std::nullopt;
  }
  AddressBlock block{.cidr = *cidr};
  for (const Node& hole : reader.list("except")) {
    const auto except = entity::parse_cidr(hole.scalar);
    if (except && except->prefix_bits > cidr->prefix_bits &&
        entity::contains(*cidr, except->base)) {
      block.except.push_back(*except);
      continue;
    }
    reader.error(
        hole,
        fmt::format("{}: `{}` is no range within {}", reader.path_of("except"), hole.scalar, text),
        "a hole is smaller than what it is in");
  }
  return block;
}

NetworkPolicy read_network_policy(ObjectReader& spec, const std::string& namespace_name) {
  NetworkPolicy policy;
  policy.subject.namespace_name = namespace_name;
  if (const Node* const pods = spec.find("podSelector")) {
    policy.subject.pods =
        read_label_selector(*pods, spec.path_of("podSelector"), spec.diagnostics());
  }
  read_rules(spec, "ingress", "from", namespace_name, policy.ingress);
  read_rules(spec, "egress", "to", namespace_name, policy.egress);
  read_policy_types(spec, policy);
  return policy;
}

std::optional<PolicySet> read_kubernetes_policies(std::string_view text, std::string_view file,
                                                  config::Diagnostics& diagnostics) {
  const std::size_t errors_before = diagnostics.error_count();
  const auto documents = config::parse_yaml_stream(text, file, diagnostics);
  if (!documents) return std::nullopt;
  StreamReader reader(diagnostics);
  for (const Node& document : *documents) reader.read(document, {});
  if (diagnostics.error_count() > errors_before) return std::nullopt;
  return reader.take();
}

}  // namespace mimir::policy
