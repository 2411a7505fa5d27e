// SPDX-License-Identifier: Apache-2.0
#include "model/entity/cluster_list.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "config/json.h"
#include "config/json_splitter.h"
#include "config/quantity.h"
#include "model/entity/cluster_objects.h"
#include "model/entity/history.h"

namespace mimir::entity {
namespace {

using config::Json;

constexpr const char* kHint = "kubectl get nodes,services,endpointslices,pods -A -o json";

const std::string* text_of(const Json* object, std::string_view key) {
  const Json* const member = object != nullptr ? object->find(key) : nullptr;
  return member != nullptr ? member->string() : nullptr;
}

/// The last moment that the object itself speaks of; nothing if it speaks of none.
std::optional<TimeNs> last_time_in(const Json& object, bool is_gone) {
  std::optional<TimeNs> last;
  const auto look_at = [&last](const Json* holder, std::string_view key) {
    const std::string* const text = text_of(holder, key);
    const auto time_ns = text != nullptr ? config::parse_utc_ns(*text) : std::nullopt;
    if (time_ns && (!last || *time_ns > *last)) last = time_ns;
  };
  const Json* const metadata = object.find("metadata");
  const Json* const status = object.find("status");
  look_at(metadata, "creationTimestamp");
  // It lies ahead while the object still ends.
  if (is_gone) look_at(metadata, "deletionTimestamp");
  look_at(status, "startTime");
  const Json* const conditions = status != nullptr ? status->find("conditions") : nullptr;
  if (conditions != nullptr && conditions->elements() != nullptr) {
    for (const Json& condition : *conditions->elements()) {
      look_at(&condition, "lastTransitionTime");
    }
  }
  return last;
}

class ListReader {
 public:
  ListReader(std::string_view file, TimeNs at_ns, config::Diagnostics& diagnostics)
      : file_(file), now_ns_(at_ns), diagnostics_(diagnostics) {}

  void read(const Json& object) {
    const Json* const of_event = object.find("object");
    if (const std::string* const type = text_of(&object, "type"); type && of_event != nullptr) {
      event(*type, *of_event);
    } else if (const Json* const items = object.find("items")) {
      std::size_t i = 0;
      if (items->elements() == nullptr) return;
      for (const Json& item : *items->elements()) {
        put(item, fmt::format("items[{}]", i++));
      }
    } else {
      put(object, "the object");
    }
  }

  std::vector<Event> take() {
    settle();
    return std::move(events_);
  }

 private:
  void event(const std::string& type, const Json& object) {
    const std::string where = fmt::format("event {}", ++event_count_);
    if (type == "BOOKMARK") return;
    if (type == "ERROR") {
      const std::string* const message = text_of(&object, "message");
      diagnostics_.warning({std::string(file_), 0, 0},
                           fmt::format("{}: the watch broke off: {}", where,
                                       message != nullptr ? *message : "it does not say why"),
                           "what happened until the next watch began is not in this file");
      return;
    }
    const bool is_gone = type == "DELETED";
    const TimeNs time_ns = last_time_in(object, is_gone).value_or(now_ns_);
    if (time_ns > now_ns_) {
      settle();
      now_ns_ = time_ns;
    }
    if (is_gone) {
      objects_.erase(object);
    } else {
      put(object, where);
    }
  }

  void put(const Json& object, std::string_view where) {
    (void)objects_.put(object, file_, where, diagnostics_);
  }

  // Writes down what the objects say as of now.
  void settle() {
    std::vector<Event> state = objects_.events(now_ns_);
    for (Event& change : changes(state_, state, now_ns_)) events_.push_back(std::move(change));
    state_ = std::move(state);
  }

  std::string_view file_;
  TimeNs now_ns_;
  config::Diagnostics& diagnostics_;
  ClusterObjects objects_;
  std::vector<Event> state_;
  std::vector<Event> events_;
  std::size_t event_count_ = 0;
};

bool is_of_kubernetes(const Json& object) {
  return text_of(&object, "kind") != nullptr ||
         (text_of(&object, "type") != nullptr && object.find("object") != nullptr);
}

}  // namespace

std::vector<Event> read_cluster_list(std::string_view text, std::string_view file, TimeNs at_ns,
                                     config::Diagnostics& diagnostics) {
  config::JsonSplitter splitter(text.size());
  splitter.add(text);
  ListReader reader(file, at_ns, diagnostics);
  bool is_any = false;
  std::uint32_t line = 1;
  std::size_t read_to = 0;
  while (const auto object_text = splitter.next()) {
    const std::size_t begin = text.find('{', read_to);
    line += static_cast<std::uint32_t>(
        std::count(text.begin() + static_cast<std::ptrdiff_t>(read_to),
                   text.begin() + static_cast<std::ptrdiff_t>(begin), '\n'));
    const auto object = config::parse_json(*object_text, file, diagnostics, line);
    line += static_cast<std::uint32_t>(std::count(object_text->begin(), object_text->end(), '\n'));
    read_to = begin + object_text->size();
    if (!object) continue;
    if (!is_of_kubernetes(*object)) {
      diagnostics.error({std::string(file), line, 0}, "this JSON is no list of Kubernetes objects",
                        kHint);
      return {};
    }
    is_any = true;
    reader.read(*object);
  }
  if (splitter.is_broken()) {
    diagnostics.error({std::string(file), line, 0}, "here begins no JSON object", kHint);
  } else if (splitter.is_inside() && is_any) {
    diagnostics.error({std::string(file), line, 0}, "the last object has no end: it was cut off",
                      "the objects before it were read");
  } else if (splitter.is_inside()) {
    // Its own fault, at its own place.
    (void)config::parse_json(text, file, diagnostics);
  }
  return reader.take();
}

}  // namespace mimir::entity
