// SPDX-License-Identifier: Apache-2.0
#include "model/entity/entity_log.h"

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "config/json.h"
#include "model/entity/address_text.h"

namespace mimir::entity {
namespace {

using config::Json;

constexpr double kSecondsMax = 9e9;  // fits TimeNs
constexpr double kMicrosecondsPerSecond = 1e6;
constexpr TimeNs kNsPerMicrosecond = 1000;

struct KindName {
  Kind kind;
  std::string_view name;
};
constexpr std::array<KindName, 3> kEventKindNames{
    {{Kind::kPod, "pod"}, {Kind::kService, "service"}, {Kind::kNode, "node"}}};

// Reads the fields of one line. Says what is wrong once, with the first fault.
class LineReader {
 public:
  LineReader(const Json& line, config::Place place, config::Diagnostics& diagnostics)
      : line_(line), place_(std::move(place)), diagnostics_(diagnostics) {}

  std::optional<Event> read() {
    if (line_.members() == nullptr) {
      fail("this is no JSON object", "each line is {\"t\":...,\"op\":\"add\",...}");
      return std::nullopt;
    }
    Event event;
    event.place = fmt::format("{}:{}", place_.file, place_.line);
    const bool is_good =
        time(event.time_ns) && op(event.op) && kind(event.entity.kind) &&
        text("name", event.entity.name, true) &&
        text("namespace", event.entity.namespace_name, event.entity.kind != Kind::kNode) &&
        addresses(event) && labels(event.entity) && text("owner", event.entity.owner, false) &&
        text("node", event.entity.node, false) && text("service", event.entity.service, false);
    if (!is_good) return std::nullopt;
    return event;
  }

 private:
  bool time(TimeNs& time_ns) {
    const Json* const member = line_.find("t");
    if (member == nullptr) return missing("t");
    const std::optional<double> seconds = member->number();
    if (!seconds || !(std::abs(*seconds) <= kSecondsMax)) {
      return fail("`t` is no time", "give seconds since 1970 as a number");
    }
    if (const std::optional<std::int64_t> whole = member->integer()) {
      time_ns = *whole * kNsPerSecond;
    } else {
      time_ns = std::llround(*seconds * kMicrosecondsPerSecond) * kNsPerMicrosecond;
    }
    return true;
  }

  bool op(Event::Op& op) {
    std::string name;
    if (!text("op", name, true)) return false;
    if (name != "add" && name != "del") {
      return fail(fmt::format("unknown op `{}`", name), "give add or del");
    }
    op = name == "add" ? Event::Op::kAdd : Event::Op::kDelete;
    is_addition_ = op == Event::Op::kAdd;
    return true;
  }

  bool kind(Kind& kind) {
    std::string given;
    if (!text("kind", given, true)) return false;
    for (const KindName& row : kEventKindNames) {
      if (row.name != given) continue;
      kind = row.kind;
      return true;
    }
    return fail(fmt::format("unknown kind `{}`", given), "give pod, service or node");
  }

  bool text(std::string_view key, std::string& into, bool required) {
    const Json* const member = line_.find(key);
    if (member == nullptr || member->is_null()) return !required || missing(key);
    if (member->string() == nullptr) return fail(fmt::format("`{}` is no text", key), {});
    into = *member->string();
    return !required || !into.empty() || fail(fmt::format("`{}` is empty", key), {});
  }

  bool addresses(Event& event) {
    const Json* const member = line_.find("ips");
    if (member == nullptr || member->is_null()) return !is_addition_ || missing("ips");
    if (member->elements() == nullptr) return fail("`ips` is no array", {});
    for (const Json& element : *member->elements()) {
      if (element.string() == nullptr) return fail("`ips` holds something that is no text", {});
      const std::optional<Address> address = parse_address(*element.string());
      if (!address) {
        return fail(fmt::format("`{}` is no IP address", *element.string()),
                    "give addresses without prefix length or zone; [] if there is none");
      }
      event.addresses.push_back(*address);
    }
    return true;
  }

  bool labels(Entity& entity) {
    const Json* const member = line_.find("labels");
    if (member == nullptr || member->is_null()) return true;
    if (member->members() == nullptr) return fail("`labels` is no object", {});
    for (const auto& [key, value] : *member->members()) {
      if (value.string() == nullptr) return fail(fmt::format("label `{}` is no text", key), {});
      entity.labels.insert_or_assign(key, *value.string());
    }
    return true;
  }

  bool missing(std::string_view key) { return fail(fmt::format("`{}` is missing", key), {}); }

  bool fail(std::string message, std::string hint) {
    diagnostics_.error(place_, std::move(message), std::move(hint));
    return false;
  }

  const Json& line_;
  config::Place place_;
  config::Diagnostics& diagnostics_;
  bool is_addition_ = true;
};

Json seconds_of(TimeNs time_ns) {
  const std::int64_t microseconds = window_of(time_ns, kNsPerMicrosecond);  // rounds down
  constexpr auto kPerSecond = static_cast<std::int64_t>(kMicrosecondsPerSecond);
  if (microseconds % kPerSecond == 0) return Json(microseconds / kPerSecond);
  return Json(static_cast<double>(microseconds) / kMicrosecondsPerSecond);
}

}  // namespace

std::vector<Event> read_entity_log(std::string_view text, std::string_view file,
                                   config::Diagnostics& diagnostics) {
  std::vector<Event> events;
  std::uint32_t line_number = 0;
  while (!text.empty()) {
    ++line_number;
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() < text.size() ? line.size() + 1 : line.size());
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const std::optional<Json> json = config::parse_json(line, file, diagnostics, line_number);
    if (!json) continue;
    std::optional<Event> event =
        LineReader(*json, {std::string(file), line_number, 0}, diagnostics).read();
    if (event) events.push_back(std::move(*event));
  }
  return events;
}

std::string to_line(const Event& event) {
  const Entity& entity = event.entity;
  Json line;
  line.set("t", seconds_of(event.time_ns));
  line.set("op", event.op == Event::Op::kAdd ? "add" : "del");
  line.set("kind", kEventKindNames[static_cast<std::size_t>(entity.kind)].name);
  line.set("name", entity.name);
  line.set("namespace", entity.namespace_name);
  Json ips = Json::array();
  for (const Address& address : event.addresses) ips.push(to_text(address));
  line.set("ips", std::move(ips));
  Json labels = Json::object();
  for (const auto& [key, value] : entity.labels) labels.set(key, value);
  line.set("labels", std::move(labels));
  line.set("owner", entity.owner);
  line.set("node", entity.node);
  if (!entity.service.empty()) line.set("service", entity.service);
  return config::to_text(line);
}

}  // namespace mimir::entity
