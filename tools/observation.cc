// SPDX-License-Identifier: Apache-2.0
#include "tools/observation.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "config/json_member.h"
#include "controlplane/alert/alert.h"

namespace mimir::tools {

namespace {

using config::Json;
using controlplane::bytes_text;

/// Below this share of bytes with both ends known, names are what is missing.
constexpr double kMappedLeast = 0.5;
constexpr std::size_t kNamesMax = 12;

std::string expectation_text(const Json& edge) {
  if (!is_set(edge, "seen_in_training")) return "never seen in training";
  return fmt::format("expected {}, 99 % below {}", bytes_text(number_of(edge, "expected_bytes")),
                     bytes_text(number_of(edge, "p99_bytes")));
}

std::string edge_text(const Json& edge) {
  return fmt::format("  {:>8}  {} -> {}  ({} packets; {}){}\n",
                     bytes_text(number_of(edge, "bytes")), text_of(edge, "src"),
                     text_of(edge, "dst"), count_of(edge, "packets"), expectation_text(edge),
                     is_set(edge, "on_path") ? "  ON THE PATH OF AN ALERT" : "");
}

std::string head_text(const Json& window) {
  const std::string what = is_set(window, "has_data")
                               ? fmt::format("score {:+.3f} of {:.3f}", number_of(window, "score"),
                                             number_of(window, "threshold"))
                               : "no traffic of the cluster";
  return fmt::format("{}  {} s  {} packets  {}  lost {:.3f} %  mapped {:.2f} %{}{}\n",
                     text_of(window, "begin").substr(0, 19), count_of(window, "granularity_s"),
                     count_of(window, "packets"), what, 100 * number_of(window, "loss_ratio"),
                     100 * number_of(window, "mapped_bytes_ratio"),
                     is_set(window, "partial") ? "  partial" : "",
                     is_set(window, "alert") ? "  ALERT" : "");
}

std::string listed(const std::set<std::string>& names) {
  std::string text;
  std::size_t count = 0;
  for (const std::string& name : names) {
    if (count++ == kNamesMax) break;
    text += (text.empty() ? "" : ", ") + name;
  }
  if (names.size() > kNamesMax) text += fmt::format(" and {} more", names.size() - kNamesMax);
  return text;
}

}  // namespace

Observation::Chosen Observation::choose(const Json& window) {
  Chosen chosen;
  const Json::Array& edges = list_of(window, "edges");
  for (const Json& edge : edges) {
    const std::string& source = text_of(edge, "src");
    const std::string& target = text_of(edge, "dst");
    services_.insert({source, target});
    const bool is_wanted =
        wish_.services.empty() ||
        std::any_of(wish_.services.begin(), wish_.services.end(),
                    [&](const std::string& name) { return name == source || name == target; });
    if (is_wanted) chosen.edges.push_back(&edge);
  }
  std::stable_sort(chosen.edges.begin(), chosen.edges.end(), [](const Json* a, const Json* b) {
    return count_of(*a, "bytes") > count_of(*b, "bytes");
  });
  if (chosen.edges.size() > wish_.count_max) {
    chosen.left_out = chosen.edges.size() - wish_.count_max;
    chosen.edges.resize(wish_.count_max);
  }
  if (first_begin_.empty()) first_begin_ = text_of(window, "begin");
  last_begin_ = text_of(window, "begin");
  granularity_s_ = count_of(window, "granularity_s");
  ++window_count_;
  packet_count_ += count_of(window, "packets");
  edge_count_ += std::max<std::uint64_t>(count_of(window, "edge_count"), edges.size());
  shown_count_ += chosen.edges.size();
  loss_most_ = std::max(loss_most_, number_of(window, "loss_ratio"));
  if (is_set(window, "has_data")) {
    mapped_least_ = std::min(mapped_least_, number_of(window, "mapped_bytes_ratio"));
  } else {
    ++without_data_;
  }
  return chosen;
}

std::string Observation::add_as_text(const Json& window) {
  const Chosen chosen = choose(window);
  if (chosen.edges.empty()) return {};
  std::string text = head_text(window);
  for (const Json* const edge : chosen.edges) text += edge_text(*edge);
  if (chosen.left_out > 0) text += fmt::format("  and {} lighter edges\n", chosen.left_out);
  const std::uint64_t remembered = list_of(window, "edges").size();
  const std::uint64_t all = std::max(count_of(window, "edge_count"), remembered);
  if (all > remembered) {
    text += fmt::format("  of {} edges, {} are remembered\n", all, remembered);
  }
  return text;
}

std::string Observation::add_as_json(const Json& window) {
  std::string lines;
  for (const Json* const edge : choose(window).edges) {
    Json line = Json::object();
    for (const char* const key : {"begin", "begin_s", "granularity_s", "partial", "alert"}) {
      line.set(key, member(window, key));
    }
    for (const auto& [key, value] : *edge->members()) line.set(key, value);
    lines += config::to_text(line) + '\n';
  }
  return lines;
}

std::string Observation::describe() const {
  if (window_count_ == 0) return "no window was seen\n";
  std::string text = fmt::format(
      "{} windows of {} s that began from {} to {}: {} packets, {} without traffic of the "
      "cluster; {} edges, {} shown; at least {:.2f} % of the bytes mapped, at most {:.3f} % of "
      "the packets lost\n",
      window_count_, granularity_s_, first_begin_.substr(0, 19), last_begin_.substr(0, 19),
      packet_count_, without_data_, edge_count_, shown_count_,
      window_count_ == without_data_ ? 0.0 : 100 * mapped_least_, 100 * loss_most_);
  return shown_count_ > 0 ? text : "no edge was found in " + text + advice();
}

std::string Observation::advice() const {
  if (packet_count_ == 0) {
    return "  check: does the mirror send? mimir doctor says what arrives\n";
  }
  if (window_count_ == without_data_ || mapped_least_ < kMappedLeast) {
    return "  check: addresses without a name: do the entities belong to this cluster, and are "
           "they of this time?\n";
  }
  if (!wish_.services.empty()) return "  check: services seen are " + listed(services_) + '\n';
  return "  check: services that talk to none but themselves have no edge\n";
}

}  // namespace mimir::tools
