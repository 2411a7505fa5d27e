// SPDX-License-Identifier: Apache-2.0
#include "model/entity/cluster_objects.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <initializer_list>
#include <tuple>

#include <fmt/format.h>

#include "config/quantity.h"
#include "model/entity/address_text.h"

namespace mimir::entity {
namespace {

using config::Json;
using Labels = std::map<std::string, std::string>;

constexpr std::array<std::string_view, kObjectKindCount> kObjectKindNames{
    "Node", "Service", "EndpointSlice", "Endpoints", "Pod"};
constexpr TimeNs kSecondsPerMinute = 60;
constexpr TimeNs kDaySeconds = 86400;

const Json* at(const Json& value, std::initializer_list<std::string_view> path) {
  const Json* here = &value;
  for (const std::string_view key : path) {
    here = here->find(key);
    if (here == nullptr) return nullptr;
  }
  return here;
}

std::string text_at(const Json& value, std::initializer_list<std::string_view> path) {
  const Json* const member = at(value, path);
  return member != nullptr && member->string() != nullptr ? *member->string() : std::string();
}

const Json::Array& elements_at(const Json& value, std::initializer_list<std::string_view> path) {
  static const Json::Array kNone;
  const Json* const member = at(value, path);
  return member != nullptr && member->elements() != nullptr ? *member->elements() : kNone;
}

bool flag_at(const Json& value, std::initializer_list<std::string_view> path) {
  const Json* const member = at(value, path);
  return member != nullptr && member->boolean() != nullptr && *member->boolean();
}

Labels labels_at(const Json& value, std::initializer_list<std::string_view> path) {
  Labels labels;
  const Json* const member = at(value, path);
  if (member == nullptr || member->members() == nullptr) return labels;
  for (const auto& [key, text] : *member->members()) {
    if (text.string() != nullptr) labels.insert_or_assign(key, *text.string());
  }
  return labels;
}

// A CronJob names its jobs after the minute they were due, counted since 1970. A number
// that is far from when the pod was made is a part of the job's own name.
bool is_due_minute(std::string_view digits, const Json& pod) {
  TimeNs minute = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), minute);
  const auto made_ns = config::parse_utc_ns(text_at(pod, {"metadata", "creationTimestamp"}));
  if (error != std::errc() || end != digits.data() + digits.size() || !made_ns) return false;
  if (minute < 0 || minute > *made_ns / kNsPerSecond) return false;  // it would be seconds
  return std::abs(minute * kSecondsPerMinute - *made_ns / kNsPerSecond) < kDaySeconds;
}

// The controller of a pod as "Kind/name"; a pod has at most one.
std::string owner_of(const Json& pod) {
  for (const Json& reference : elements_at(pod, {"metadata", "ownerReferences"})) {
    if (!flag_at(reference, {"controller"})) continue;
    const std::string kind = text_at(reference, {"kind"});
    const std::string name = text_at(reference, {"name"});
    const std::size_t dash = name.rfind('-');
    if (dash != std::string::npos && dash > 0) {
      const std::string front = name.substr(0, dash);
      const std::string last = name.substr(dash + 1);
      if (kind == "ReplicaSet" &&
          text_at(pod, {"metadata", "labels", "pod-template-hash"}) == last) {
        return "Deployment/" + front;
      }
      if (kind == "Job" && is_due_minute(last, pod)) return "CronJob/" + front;
    }
    return kind + "/" + name;
  }
  return {};
}

// Reads the addresses of one object; says what is wrong with the first bad one.
class AddressReader {
 public:
  AddressReader(Event& event, std::string_view file, std::string_view where,
                config::Diagnostics& diagnostics)
      : event_(event), file_(file), where_(where), diagnostics_(diagnostics) {}

  bool pod(const Json& item) {
    const std::string phase = text_at(item, {"status", "phase"});
    // The status of a pod that has ended still names the address it had.
    if (phase == "Succeeded" || phase == "Failed") return true;
    if (flag_at(item, {"spec", "hostNetwork"})) return true;
    return list(item, "podIPs", "podIP", event_.addresses);
  }

  /// Of the node it runs on.
  bool host(const Json& item, std::vector<Address>& into) {
    return list(item, "hostIPs", "hostIP", into);
  }

  bool service(const Json& item) {
    std::vector<std::string> ips;
    for (const Json& ip : elements_at(item, {"spec", "clusterIPs"})) {
      if (ip.string() != nullptr) ips.push_back(*ip.string());
    }
    if (ips.empty()) ips.push_back(text_at(item, {"spec", "clusterIP"}));
    return std::all_of(ips.begin(), ips.end(), [this](const std::string& ip) {
      return ip.empty() || ip == "None" || add(ip, event_.addresses);
    });
  }

  bool node(const Json& item) {
    for (const Json& entry : elements_at(item, {"status", "addresses"})) {
      const std::string type = text_at(entry, {"type"});
      if (type != "InternalIP" && type != "ExternalIP") continue;
      if (!add(text_at(entry, {"address"}), event_.addresses)) return false;
    }
    return true;
  }

 private:
  bool list(const Json& item, std::string_view many, std::string_view one,
            std::vector<Address>& into) {
    for (const Json& ip : elements_at(item, {"status", many})) {
      if (!add(text_at(ip, {"ip"}), into)) return false;
    }
    const std::string single = text_at(item, {"status", one});
    return !into.empty() || single.empty() || add(single, into);
  }

  bool add(const std::string& text, std::vector<Address>& into) {
    const std::optional<Address> address = parse_address(text);
    if (!address) {
      diagnostics_.error(
          {std::string(file_), 0, 0},
          fmt::format("{}: `{}` of `{}` is no IP address", where_, text, event_.entity.name));
      return false;
    }
    into.push_back(*address);
    return true;
  }

  Event& event_;
  std::string_view file_;
  std::string_view where_;
  config::Diagnostics& diagnostics_;
};

Kind entity_kind(ObjectKind kind) {
  if (kind == ObjectKind::kPod) return Kind::kPod;
  return kind == ObjectKind::kService ? Kind::kService : Kind::kNode;
}

}  // namespace

std::string_view name_of(ObjectKind kind) {
  return kObjectKindNames[static_cast<std::size_t>(kind)];
}

std::optional<ObjectKind> kind_of(const Json& object) {
  const std::string kind = text_at(object, {"kind"});
  for (std::size_t i = 0; i < kObjectKindNames.size(); ++i) {
    if (kObjectKindNames[i] == kind) return static_cast<ObjectKind>(i);
  }
  return std::nullopt;
}

std::map<ClusterObjects::Name, ClusterObjects::Object>& ClusterObjects::entities(ObjectKind kind) {
  if (kind == ObjectKind::kPod) return pods_;
  return kind == ObjectKind::kService ? services_ : nodes_;
}

const std::map<ClusterObjects::Name, ClusterObjects::Object>& ClusterObjects::entities(
    ObjectKind kind) const {
  if (kind == ObjectKind::kPod) return pods_;
  return kind == ObjectKind::kService ? services_ : nodes_;
}

bool ClusterObjects::put(const Json& object, std::string_view file, std::string_view where,
                         config::Diagnostics& diagnostics) {
  const std::optional<ObjectKind> kind = kind_of(object);
  if (!kind) return true;
  const bool has_name = !text_at(object, {"metadata", "name"}).empty();
  const bool has_namespace = !text_at(object, {"metadata", "namespace"}).empty();
  if (!has_name || (*kind != ObjectKind::kNode && !has_namespace)) {
    diagnostics.error(
        {std::string(file), 0, 0},
        fmt::format("{}: a {} without metadata.name and namespace", where, name_of(*kind)));
    return false;
  }
  if (*kind == ObjectKind::kEndpointSlice || *kind == ObjectKind::kEndpoints) {
    put_slice(object, *kind);
    return true;
  }
  return put_entity(object, *kind, where, std::string(file), diagnostics);
}

bool ClusterObjects::put_entity(const Json& item, ObjectKind kind, std::string_view where,
                                std::string file, config::Diagnostics& diagnostics) {
  Object object;
  Event& event = object.event;
  event.place = fmt::format("{}: {}", file, where);
  event.entity.kind = entity_kind(kind);
  event.entity.name = text_at(item, {"metadata", "name"});
  event.entity.labels = labels_at(item, {"metadata", "labels"});
  if (kind != ObjectKind::kNode) {
    event.entity.namespace_name = text_at(item, {"metadata", "namespace"});
  }
  AddressReader reader(event, file, where, diagnostics);
  bool is_good = true;
  if (kind == ObjectKind::kPod) {
    event.entity.owner = owner_of(item);
    event.entity.node = text_at(item, {"spec", "nodeName"});
    is_good = reader.pod(item) && reader.host(item, object.host_addresses);
  } else if (kind == ObjectKind::kService) {
    object.selector = labels_at(item, {"spec", "selector"});
    is_good = reader.service(item);
  } else {
    is_good = reader.node(item);
  }
  if (!is_good) return false;
  const auto [place, is_new] =
      entities(kind).try_emplace({event.entity.namespace_name, event.entity.name});
  object.sequence = is_new ? sequence_++ : place->second.sequence;
  place->second = std::move(object);
  return true;
}

void ClusterObjects::put_slice(const Json& item, ObjectKind kind) {
  const Name name{text_at(item, {"metadata", "namespace"}), text_at(item, {"metadata", "name"})};
  Slice slice;
  const auto add = [&slice](const Json& endpoint) {
    if (text_at(endpoint, {"targetRef", "kind"}) != "Pod") return;
    slice.pods.insert(text_at(endpoint, {"targetRef", "name"}));
  };
  if (kind == ObjectKind::kEndpointSlice) {
    slice.service = text_at(item, {"metadata", "labels", "kubernetes.io/service-name"});
    for (const Json& endpoint : elements_at(item, {"endpoints"})) add(endpoint);
    slices_.insert_or_assign(name, std::move(slice));
    return;
  }
  slice.service = name.second;
  for (const Json& subset : elements_at(item, {"subsets"})) {
    for (const std::string_view list : {"addresses", "notReadyAddresses"}) {
      for (const Json& endpoint : elements_at(subset, {list})) add(endpoint);
    }
  }
  endpoints_.insert_or_assign(name, std::move(slice));
}

void ClusterObjects::erase(const Json& object) {
  const std::optional<ObjectKind> kind = kind_of(object);
  if (!kind) return;
  const Name name{*kind == ObjectKind::kNode ? "" : text_at(object, {"metadata", "namespace"}),
                  text_at(object, {"metadata", "name"})};
  if (*kind == ObjectKind::kEndpointSlice) {
    slices_.erase(name);
  } else if (*kind == ObjectKind::kEndpoints) {
    endpoints_.erase(name);
  } else {
    entities(*kind).erase(name);
  }
}

void ClusterObjects::erase_all(ObjectKind kind, std::string_view namespace_name) {
  const auto is_of = [namespace_name](const auto& entry) {
    return namespace_name.empty() || entry.first.first == namespace_name;
  };
  if (kind == ObjectKind::kEndpointSlice) {
    std::erase_if(slices_, is_of);
  } else if (kind == ObjectKind::kEndpoints) {
    std::erase_if(endpoints_, is_of);
  } else {
    std::erase_if(entities(kind), is_of);
  }
}

std::size_t ClusterObjects::count(ObjectKind kind) const {
  if (kind == ObjectKind::kEndpointSlice) return slices_.size();
  if (kind == ObjectKind::kEndpoints) return endpoints_.size();
  return entities(kind).size();
}

std::vector<Event> ClusterObjects::events(TimeNs at_ns) const {
  Listed listed;
  for (const auto* const slices : {&slices_, &endpoints_}) {
    for (const auto& [name, slice] : *slices) {
      if (slice.service.empty()) continue;
      for (const std::string& pod : slice.pods) listed[{name.first, pod}].insert(slice.service);
    }
  }
  std::vector<std::pair<std::uint64_t, Event>> in_order;
  for (const auto* const objects : {&nodes_, &services_, &pods_}) {
    for (const auto& [name, object] : *objects) {
      in_order.emplace_back(object.sequence, object.event);
      Event& event = in_order.back().second;
      event.time_ns = at_ns;
      if (event.entity.kind == Kind::kPod) event.entity.service = service_of(event.entity, listed);
    }
  }
  std::sort(in_order.begin(), in_order.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Event> events;
  events.reserve(in_order.size());
  for (auto& [sequence, event] : in_order) events.push_back(std::move(event));
  add_nodes_of_pods(at_ns, events);
  return events;
}

std::string ClusterObjects::service_of(const Entity& pod, const Listed& listed) const {
  const auto names = listed.find({pod.namespace_name, pod.name});
  const auto rank = [](const Object& service) {
    const std::string& name = service.event.entity.name;
    return std::tuple(service.event.addresses.empty(), name.size(), std::string_view(name));
  };
  const Object* best = nullptr;
  for (auto at = services_.lower_bound({pod.namespace_name, ""});
       at != services_.end() && at->first.first == pod.namespace_name; ++at) {
    const Object& service = at->second;
    const bool selects = names != listed.end()
                             ? names->second.contains(at->first.second)
                             : !service.selector.empty() &&
                                   std::includes(pod.labels.begin(), pod.labels.end(),
                                                 service.selector.begin(), service.selector.end());
    if (selects && (best == nullptr || rank(service) < rank(*best))) best = &service;
  }
  return best == nullptr ? std::string() : best->event.entity.name;
}

void ClusterObjects::add_nodes_of_pods(TimeNs at_ns, std::vector<Event>& events) const {
  std::map<std::string, std::vector<Address>> found;
  for (const auto& [name, pod] : pods_) {
    const std::string& node = pod.event.entity.node;
    if (node.empty() || pod.host_addresses.empty() || nodes_.contains({"", node})) continue;
    found.try_emplace(node, pod.host_addresses);
  }
  for (auto& [node, addresses] : found) {
    Event event;
    event.time_ns = at_ns;
    event.entity = {.kind = Kind::kNode, .name = node};
    event.addresses = std::move(addresses);
    event.place = fmt::format("hostIP of the pods on {}", node);
    events.push_back(std::move(event));
  }
}

}  // namespace mimir::entity
