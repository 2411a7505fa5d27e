// SPDX-License-Identifier: Apache-2.0
#include "model/entity/cluster_list.h"

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "config/json.h"
#include "model/entity/address_text.h"

namespace mimir::entity {
namespace {

using config::Json;
using Labels = std::map<std::string, std::string>;

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

Labels labels_at(const Json& value, std::initializer_list<std::string_view> path) {
  Labels labels;
  const Json* const member = at(value, path);
  if (member == nullptr || member->members() == nullptr) return labels;
  for (const auto& [key, text] : *member->members()) {
    if (text.string() != nullptr) labels.insert_or_assign(key, *text.string());
  }
  return labels;
}

// The controller of a pod as "Kind/name"; a pod has at most one.
std::string owner_of(const Json& object) {
  for (const Json& reference : elements_at(object, {"metadata", "ownerReferences"})) {
    const Json* const controller = reference.find("controller");
    const bool* const is_controller = controller != nullptr ? controller->boolean() : nullptr;
    if (is_controller == nullptr || !*is_controller) continue;
    return text_at(reference, {"kind"}) + "/" + text_at(reference, {"name"});
  }
  return {};
}

class ListReader {
 public:
  ListReader(std::string_view file, TimeNs at_ns, config::Diagnostics& diagnostics)
      : file_(file), at_ns_(at_ns), diagnostics_(diagnostics) {}

  std::vector<Event> read(const Json& root) {
    if (root.find("items") == nullptr) {
      object(root, "the object");
    } else {
      std::size_t i = 0;
      for (const Json& item : elements_at(root, {"items"})) {
        object(item, fmt::format("items[{}]", i++));
      }
    }
    for (Event& event : events_) {
      if (event.entity.kind == Kind::kPod) event.entity.service = service_of(event.entity);
    }
    return std::move(events_);
  }

 private:
  using Name = std::pair<std::string, std::string>;  // namespace, name

  struct Service {
    std::string name;
    bool is_headless;
    Labels selector;
  };

  void object(const Json& item, std::string where) {
    const std::string kind = text_at(item, {"kind"});
    if (kind == "EndpointSlice") {
      endpoint_slice(item);
    } else if (kind == "Endpoints") {
      endpoints(item);
    } else if (kind == "Pod" || kind == "Service" || kind == "Node") {
      entity(item, kind, std::move(where));
    }
  }

  void entity(const Json& item, std::string_view kind, std::string where) {
    Event event;
    event.time_ns = at_ns_;
    event.place = fmt::format("{}: {}", file_, where);
    event.entity.name = text_at(item, {"metadata", "name"});
    event.entity.labels = labels_at(item, {"metadata", "labels"});
    if (kind != "Node") event.entity.namespace_name = text_at(item, {"metadata", "namespace"});
    if (event.entity.name.empty() || (kind != "Node" && event.entity.namespace_name.empty())) {
      fail(where, fmt::format("a {} without metadata.name and namespace", kind));
      return;
    }
    bool is_good = true;
    if (kind == "Pod") {
      is_good = pod(item, where, event);
    } else if (kind == "Service") {
      is_good = service(item, where, event);
    } else {
      is_good = node(item, where, event);
    }
    if (is_good) events_.push_back(std::move(event));
  }

  bool pod(const Json& item, std::string_view where, Event& event) {
    event.entity.kind = Kind::kPod;
    event.entity.owner = owner_of(item);
    event.entity.node = text_at(item, {"spec", "nodeName"});
    const std::string phase = text_at(item, {"status", "phase"});
    // The status of a pod that has ended still names the address it had.
    if (phase == "Succeeded" || phase == "Failed") return true;
    for (const Json& ip : elements_at(item, {"status", "podIPs"})) {
      if (!address(text_at(ip, {"ip"}), where, event)) return false;
    }
    const std::string single = text_at(item, {"status", "podIP"});
    return !event.addresses.empty() || single.empty() || address(single, where, event);
  }

  bool service(const Json& item, std::string_view where, Event& event) {
    event.entity.kind = Kind::kService;
    std::vector<std::string> ips;
    for (const Json& ip : elements_at(item, {"spec", "clusterIPs"})) {
      if (ip.string() != nullptr) ips.push_back(*ip.string());
    }
    if (ips.empty()) ips.push_back(text_at(item, {"spec", "clusterIP"}));
    for (const std::string& ip : ips) {
      if (ip.empty() || ip == "None") continue;
      if (!address(ip, where, event)) return false;
    }
    services_[event.entity.namespace_name].push_back(
        {event.entity.name, event.addresses.empty(), labels_at(item, {"spec", "selector"})});
    return true;
  }

  bool node(const Json& item, std::string_view where, Event& event) {
    event.entity.kind = Kind::kNode;
    for (const Json& entry : elements_at(item, {"status", "addresses"})) {
      const std::string type = text_at(entry, {"type"});
      if (type != "InternalIP" && type != "ExternalIP") continue;
      if (!address(text_at(entry, {"address"}), where, event)) return false;
    }
    return true;
  }

  void endpoint_slice(const Json& item) {
    const std::string namespace_name = text_at(item, {"metadata", "namespace"});
    const std::string service = text_at(item, {"metadata", "labels", "kubernetes.io/service-name"});
    for (const Json& endpoint : elements_at(item, {"endpoints"})) {
      target(endpoint, namespace_name, service);
    }
  }

  void endpoints(const Json& item) {
    const std::string namespace_name = text_at(item, {"metadata", "namespace"});
    const std::string service = text_at(item, {"metadata", "name"});
    for (const Json& subset : elements_at(item, {"subsets"})) {
      for (const std::string_view list : {"addresses", "notReadyAddresses"}) {
        for (const Json& endpoint : elements_at(subset, {list})) {
          target(endpoint, namespace_name, service);
        }
      }
    }
  }

  void target(const Json& endpoint, const std::string& namespace_name, const std::string& service) {
    if (service.empty() || text_at(endpoint, {"targetRef", "kind"}) != "Pod") return;
    listed_[{namespace_name, text_at(endpoint, {"targetRef", "name"})}].insert(service);
  }

  std::string service_of(const Entity& pod) {
    const auto listed = listed_.find({pod.namespace_name, pod.name});
    std::vector<const Service*> candidates;
    for (const Service& service : services_[pod.namespace_name]) {
      const bool selects =
          listed != listed_.end()
              ? listed->second.contains(service.name)
              : !service.selector.empty() &&
                    std::includes(pod.labels.begin(), pod.labels.end(), service.selector.begin(),
                                  service.selector.end());
      if (selects) candidates.push_back(&service);
    }
    if (candidates.empty()) return {};
    const auto rank = [](const Service* s) {
      return std::tuple(s->is_headless, s->name.size(), std::string_view(s->name));
    };
    return (*std::min_element(
                candidates.begin(), candidates.end(),
                [&rank](const Service* a, const Service* b) { return rank(a) < rank(b); }))
        ->name;
  }

  bool address(const std::string& text, std::string_view where, Event& event) {
    const std::optional<Address> address = parse_address(text);
    if (!address) {
      fail(where, fmt::format("`{}` of `{}` is no IP address", text, event.entity.name));
      return false;
    }
    event.addresses.push_back(*address);
    return true;
  }

  void fail(std::string_view where, std::string_view message) {
    diagnostics_.error({std::string(file_), 0, 0}, fmt::format("{}: {}", where, message));
  }

  std::string_view file_;
  TimeNs at_ns_;
  config::Diagnostics& diagnostics_;
  std::vector<Event> events_;
  std::map<std::string, std::vector<Service>> services_;  // by namespace
  std::map<Name, std::set<std::string>> listed_;          // pod -> services
};

}  // namespace

std::vector<Event> read_cluster_list(std::string_view text, std::string_view file, TimeNs at_ns,
                                     config::Diagnostics& diagnostics) {
  const std::optional<Json> root = config::parse_json(text, file, diagnostics);
  if (!root) return {};
  if (text_at(*root, {"kind"}).empty()) {
    diagnostics.error({std::string(file), 1, 0}, "this JSON is no list of Kubernetes objects",
                      "kubectl get nodes,services,endpointslices,pods -A -o json");
    return {};
  }
  return ListReader(file, at_ns, diagnostics).read(*root);
}

}  // namespace mimir::entity
