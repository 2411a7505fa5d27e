// SPDX-License-Identifier: Apache-2.0
#include "tools/top_text.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "config/json_member.h"
#include "tools/status_text.h"

namespace mimir::tools {

namespace {

using config::Json;

constexpr double kNsASecond = 1e9;
constexpr std::size_t kBarWidth = 30;

/// What a counter grew by. A port that was reset begins anew.
std::uint64_t growth(const Json& earlier, const Json& later, std::string_view key) {
  const std::uint64_t before = count_of(earlier, key);
  const std::uint64_t now = count_of(later, key);
  return now >= before ? now - before : now;
}

double rate(std::uint64_t count, double seconds) {
  return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

Json ratio(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? Json() : Json(static_cast<double>(part) / static_cast<double>(whole));
}

/// The elements of a list of both, side by side; of the later one there may be more.
template <class Visit>
void for_each_pair(const Json& earlier, const Json& later, std::string_view key, Visit&& visit) {
  static const Json kNone;
  const Json::Array& before = list_of(earlier, key);
  const Json::Array& now = list_of(later, key);
  for (std::size_t i = 0; i < now.size(); ++i) visit(i < before.size() ? before[i] : kNone, now[i]);
}

Json ports_of(const Json& earlier, const Json& later, double seconds) {
  Json list = Json::array();
  for_each_pair(earlier, later, "ports", [&](const Json& before, const Json& now) {
    const std::uint64_t lost = growth(before, now, "missed") + growth(before, now, "errors");
    Json row = Json::object();
    row.set("device", text_of(now, "device"))
        .set("link_up", is_set(now, "link_up"))
        .set("mpps", rate(growth(before, now, "received"), seconds) / 1e6)
        .set("lost_pps", rate(lost, seconds))
        .set("received", count_of(now, "received"))
        .set("missed", count_of(now, "missed"))
        .set("errors", count_of(now, "errors"))
        .set("no_buffer", count_of(now, "no_buffer"));
    list.push(std::move(row));
  });
  return list;
}

Json workers_of(const Json& earlier, const Json& later) {
  Json list = Json::array();
  for_each_pair(earlier, later, "workers", [&](const Json& before, const Json& now) {
    const std::uint64_t busy = growth(before, now, "busy_cycles");
    const std::uint64_t capacity = count_of(now, "ring_capacity");
    Json row = Json::object();
    row.set("busy_ratio", ratio(busy, busy + growth(before, now, "idle_cycles")))
        .set("polls", growth(before, now, "polls"))
        .set("ring_ratio", ratio(count_of(now, "ring_records"), capacity))
        .set("ring_most_ratio", ratio(count_of(now, "ring_records_max"), capacity));
    list.push(std::move(row));
  });
  return list;
}

Json windows_of(const Json& later) {
  Json list = Json::array();
  for (const Json& totals : list_of(later, "windows")) {
    const std::uint64_t end_s = count_of(totals, "last_end_s");
    const bool has_lag = end_s > 0 && !is_set(later, "replay");
    const double now_s = number_of(later, "published_ns") / kNsASecond;
    Json row = Json::object();
    row.set("granularity_s", count_of(totals, "granularity_s"))
        .set("lag_s", has_lag ? Json(now_s - static_cast<double>(end_s)) : Json())
        .set("judged", count_of(totals, "complete") + count_of(totals, "partial"))
        .set("without_data", count_of(totals, "without_data"))
        .set("alerts", count_of(totals, "alerts"));
    list.push(std::move(row));
  }
  return list;
}

std::string percent_text(const Json& share) {
  const std::optional<double> value = share.number();
  return value ? fmt::format("{:>5.1f} %", 100 * *value) : "      -";
}

std::string bar_text(const Json& share) {
  const double value = std::clamp(share.number().value_or(0), 0.0, 1.0);
  const auto full = static_cast<std::size_t>(std::lround(value * static_cast<double>(kBarWidth)));
  return '[' + std::string(full, '#') + std::string(kBarWidth - full, '.') + ']';
}

std::uint64_t dropped_of(const Json& packets) {
  std::uint64_t sum = 0;
  const Json::Object* const reasons = member(packets, "dropped").members();
  if (reasons == nullptr) return 0;
  for (const auto& [reason, value] : *reasons) sum += value.count().value_or(0);
  return sum;
}

std::string ledger_text(const Json& packets) {
  const std::uint64_t received = count_of(packets, "received");
  std::string text = fmt::format("packets {:>16} received = {} counted + {} dropped{}\n", received,
                                 count_of(packets, "counted"), dropped_of(packets),
                                 is_set(packets, "balances") ? "" : "  DOES NOT BALANCE");
  const Json& dropped = member(packets, "dropped");
  if (const Json::Object* const reasons = dropped.members()) {
    for (const auto& [reason, value] : *reasons) {
      const std::uint64_t count = value.count().value_or(0);
      text += fmt::format("        {:>16} {:>9.4f} %  {}\n", count,
                          100 * ratio(count, received).number().value_or(0), reason);
    }
  }
  return text;
}

}  // namespace

Json activity_of(const Json& earlier, const Json& later) {
  const double seconds =
      (number_of(later, "published_ns") - number_of(earlier, "published_ns")) / kNsASecond;
  Json activity = Json::object();
  for (const char* const key : {"version", "published", "listening", "replay"}) {
    activity.set(key, member(later, key));
  }
  activity.set("model", member(member(later, "model"), "name"))
      .set("seconds", seconds)
      .set("ports", ports_of(earlier, later, seconds))
      .set("lost_at_ports", member(later, "lost_at_ports"))
      .set("workers", workers_of(earlier, later))
      .set("windows", windows_of(later));
  for (const char* const key : {"packets", "records", "incidents", "outputs"}) {
    activity.set(key, member(later, key));
  }
  return activity;
}

std::string top_text(const Json& activity) {
  std::string text =
      fmt::format("mimir {}  {}  {}{}  over {:.1f} s\n", text_of(activity, "version"),
                  text_of(activity, "model"), text_of(activity, "published").substr(0, 19),
                  listening_text(activity), number_of(activity, "seconds"));
  for (const Json& port : list_of(activity, "ports")) {
    text +=
        fmt::format("port    {:>11.4f} Mpps  {}  {}  {} missed, {} errors, {} no buffer{}\n",
                    number_of(port, "mpps"), is_set(port, "link_up") ? "up" : "NO LINK",
                    text_of(port, "device"), count_of(port, "missed"), count_of(port, "errors"),
                    count_of(port, "no_buffer"), number_of(port, "lost_pps") > 0 ? "  LOSING" : "");
  }
  std::size_t number = 0;
  for (const Json& worker : list_of(activity, "workers")) {
    const Json& busy = member(worker, "busy_ratio");
    text +=
        fmt::format("core {:<2} busy {} {}  ring {}, at most {}\n", number++, percent_text(busy),
                    bar_text(busy), percent_text(member(worker, "ring_ratio")),
                    percent_text(member(worker, "ring_most_ratio")));
  }
  for (const Json& window : list_of(activity, "windows")) {
    const std::optional<double> lag = member(window, "lag_s").number();
    text += fmt::format("windows {:>5} s  {} ago  {} judged, {} without traffic, {} alarming\n",
                        count_of(window, "granularity_s"),
                        lag ? fmt::format("{:.0f} s", *lag) : "-", count_of(window, "judged"),
                        count_of(window, "without_data"), count_of(window, "alerts"));
  }
  text += ledger_text(member(activity, "packets"));
  const Json& records = member(activity, "records");
  text += fmt::format("records {:>16} written = {} delivered + {} lost, ring full{}\n",
                      count_of(records, "written"), count_of(records, "delivered"),
                      count_of(records, "lost_ring_full"),
                      is_set(records, "balances") ? "" : "  DOES NOT BALANCE");
  const Json& incidents = member(activity, "incidents");
  text += fmt::format("incidents {:>14} open, {} opened\n", count_of(incidents, "open"),
                      count_of(incidents, "opened"));
  for (const Json& output : list_of(activity, "outputs")) {
    if (is_set(output, "up") && count_of(output, "waiting") == 0) continue;
    text += fmt::format("output  {}  {}  {} waiting\n", text_of(output, "name"),
                        is_set(output, "up") ? "up" : "DOWN", count_of(output, "waiting"));
  }
  return text;
}

}  // namespace mimir::tools
