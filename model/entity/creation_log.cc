// SPDX-License-Identifier: Apache-2.0
#include "model/entity/creation_log.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "model/entity/address_text.h"
#include "model/entity/pickle.h"

namespace mimir::entity {
namespace {

constexpr std::int64_t kStepMax = 1'000'000'000;  // seconds: 31 years
// The memo lets a short file name the same entry again and again.
constexpr std::size_t kEventTextBytesMax = std::size_t{1} << 28;

bool is_leaving(std::string_view status) {
  constexpr std::array<std::string_view, 5> kLast{"Terminating", "Completed", "Succeeded", "Failed",
                                                  "Evicted"};
  return std::find(kLast.begin(), kLast.end(), status) != kLast.end();
}

std::map<std::string, std::string> parse_labels(std::string_view text) {
  std::map<std::string, std::string> labels;
  if (text == "<none>") return labels;
  while (!text.empty()) {
    const std::string_view label = text.substr(0, text.find(','));
    text.remove_prefix(std::min(label.size() + 1, text.size()));
    const std::size_t equals = label.find('=');
    if (equals == std::string_view::npos || equals == 0) continue;
    labels.emplace(label.substr(0, equals), label.substr(equals + 1));
  }
  return labels;
}

class Converter {
 public:
  Converter(const Pickle& pickle, std::string_view file, TimeNs start_ns,
            config::Diagnostics& diagnostics)
      : pickle_(pickle), file_(file), start_ns_(start_ns), diagnostics_(diagnostics) {}

  std::vector<Event> convert() {
    const PickleValue& log = pickle_.values[pickle_.root];
    if (log.type != Type::kDict) {
      fail(log, "a creation log is a dict of seconds");
      return {};
    }
    for (const auto& [step, entries] : steps_of(log)) {
      time_ns_ = start_ns_ + step * kNsPerSecond;
      for (std::size_t i = 0; i + 1 < entries->items.size(); i += 2) {
        if (!entry(value(entries->items[i]), value(entries->items[i + 1]))) return {};
      }
    }
    return std::move(events_);
  }

 private:
  using Type = PickleValue::Type;
  using Name = std::pair<std::string, std::string>;  // namespace, name

  struct Fields {
    std::string_view ip, op, namespace_name, kind, labels, status;
  };

  [[nodiscard]] const PickleValue& value(std::uint32_t index) const {
    return pickle_.values[index];
  }

  std::vector<std::pair<std::int64_t, const PickleValue*>> steps_of(const PickleValue& log) {
    std::vector<std::pair<std::int64_t, const PickleValue*>> steps;
    for (std::size_t i = 0; i + 1 < log.items.size(); i += 2) {
      const PickleValue& step = value(log.items[i]);
      const PickleValue& entries = value(log.items[i + 1]);
      if (step.type != Type::kInteger || step.integer < 0 || step.integer > kStepMax) {
        fail(step, fmt::format("a second is no whole number from 0 to {}", kStepMax));
      } else if (entries.type != Type::kDict) {
        fail(entries, fmt::format("second {} holds no dict of entities", step.integer));
      } else {
        steps.emplace_back(step.integer, &entries);
      }
    }
    std::stable_sort(steps.begin(), steps.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    return steps;
  }

  // False if the rest is not worth reading.
  bool entry(const PickleValue& name, const PickleValue& tuple) {
    const std::optional<Fields> fields = fields_of(name, tuple);
    if (!fields) return true;
    text_bytes_ += name.string.size() + fields->namespace_name.size() + fields->labels.size();
    text_bytes_ += sizeof(Event);
    if (text_bytes_ > kEventTextBytesMax) {
      fail(tuple, fmt::format("the log unfolds to more than {} bytes", kEventTextBytesMax));
      return false;
    }

    Event event;
    event.time_ns = time_ns_;
    event.entity = {.kind = fields->kind == "svc" ? Kind::kService : Kind::kPod,
                    .name = name.string,
                    .namespace_name = std::string(fields->namespace_name),
                    .labels = parse_labels(fields->labels)};
    event.place = fmt::format("{}: byte {}", file_, tuple.offset);
    if (fields->ip != "None" && fields->ip != "<none>" && !fields->ip.empty()) {
      const std::optional<Address> address = parse_address(fields->ip);
      if (!address) {
        fail(tuple, fmt::format("`{}` of `{}` is no IP address", fields->ip, name.string));
        return true;
      }
      event.addresses.push_back(*address);
    }
    take(std::move(event), *fields);
    return true;
  }

  std::optional<Fields> fields_of(const PickleValue& name, const PickleValue& tuple) {
    if (name.type != Type::kString || name.string.empty()) {
      fail(name, "an entity has no name");
      return std::nullopt;
    }
    const std::size_t size = tuple.items.size();
    if (tuple.type != Type::kTuple || (size != 4 && size != 6)) {
      fail(tuple, fmt::format("`{}` is no tuple of 6 (or 4) texts", name.string));
      return std::nullopt;
    }
    std::array<std::string_view, 6> texts{};
    for (std::size_t i = 0; i < size; ++i) {
      const PickleValue& item = value(tuple.items[i]);
      const bool may_lack = i == 0 || i >= 4;  // the address, labels and status
      if (item.type != Type::kString && !(may_lack && item.type == Type::kNone)) {
        fail(item, fmt::format("field {} of `{}` is no text", i, name.string));
        return std::nullopt;
      }
      texts[i] = item.string;
    }
    const Fields fields{texts[0], texts[1], texts[2], texts[3], texts[4], texts[5]};
    if (fields.op != "+" && fields.op != "-") {
      fail(tuple, fmt::format("`{}` of `{}` is neither + nor -", fields.op, name.string));
      return std::nullopt;
    }
    if (fields.kind != "pod" && fields.kind != "svc") {
      fail(tuple, fmt::format("`{}` of `{}` is neither pod nor svc", fields.kind, name.string));
      return std::nullopt;
    }
    return fields;
  }

  void take(Event event, const Fields& fields) {
    const Name name{event.entity.namespace_name, event.entity.name};
    const bool is_pod = event.entity.kind == Kind::kPod;
    if (is_pod) forget_leaving(name);
    if (fields.op == "-") {
      event.op = Event::Op::kDelete;
    } else if (is_pod && is_leaving(fields.status)) {
      if (!event.addresses.empty()) {
        leaving_[name] = event.addresses.front();
        leaver_at_[event.addresses.front()] = name;
      }
      return;
    } else {
      end_who_leaves(event);
    }
    events_.push_back(std::move(event));
  }

  void forget_leaving(const Name& name) {
    const auto at = leaving_.find(name);
    if (at == leaving_.end()) return;
    const auto leaver = leaver_at_.find(at->second);
    if (leaver != leaver_at_.end() && leaver->second == name) leaver_at_.erase(leaver);
    leaving_.erase(at);
  }

  // Ends the pod that was on its way out and whose address `claim` takes over.
  void end_who_leaves(const Event& claim) {
    if (claim.addresses.empty()) return;
    const auto at = leaver_at_.find(claim.addresses.front());
    if (at == leaver_at_.end()) return;
    const Name name = at->second;
    Event end;
    end.time_ns = claim.time_ns;
    end.op = Event::Op::kDelete;
    end.entity = {.kind = Kind::kPod, .name = name.second, .namespace_name = name.first};
    end.place = claim.place;
    events_.push_back(std::move(end));
    forget_leaving(name);
  }

  void fail(const PickleValue& at, std::string message) {
    diagnostics_.error({std::string(file_), 0, 0}, fmt::format("byte {}: {}", at.offset, message));
  }

  const Pickle& pickle_;
  std::string_view file_;
  TimeNs start_ns_;
  config::Diagnostics& diagnostics_;
  TimeNs time_ns_ = 0;
  std::size_t text_bytes_ = 0;
  std::map<Name, Address> leaving_;
  std::map<Address, Name> leaver_at_;
  std::vector<Event> events_;
};

}  // namespace

bool is_creation_log(std::string_view text) {
  return text.starts_with('(') || text.starts_with('\x80');
}

std::vector<Event> read_creation_log(std::string_view text, std::string_view file, TimeNs start_ns,
                                     config::Diagnostics& diagnostics) {
  const std::optional<Pickle> pickle = read_pickle(text, file, diagnostics);
  if (!pickle) return {};
  return Converter(*pickle, file, start_ns, diagnostics).convert();
}

}  // namespace mimir::entity
