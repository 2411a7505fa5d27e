// SPDX-License-Identifier: Apache-2.0
#include "tools/status_text.h"

#include <cstdint>
#include <vector>

#include <fmt/format.h>

#include "config/json_member.h"

namespace mimir::tools {

namespace {

using config::Json;

std::string losses_text(const Json& packets) {
  std::string text;
  if (const Json::Object* const reasons = member(packets, "dropped").members()) {
    for (const auto& [reason, count] : *reasons) {
      if (count.count().value_or(0) == 0) continue;
      text += fmt::format("  dropped    {:>14}  {}\n", *count.count(), reason);
    }
  }
  return text;
}

}  // namespace

std::string_view listening_text(const Json& status) {
  if (is_set(status, "listening")) return {};
  return is_set(status, "replay") ? "  the replay has ended" : "  NOT LISTENING";
}

std::string status_text(const Json& status) {
  const Json& model = member(status, "model");
  std::string text = fmt::format(
      "mimir {} since {}{}\nmodel   {}  sha256 {}  {} services\n", text_of(status, "version"),
      text_of(status, "started"), listening_text(status), text_of(model, "name"),
      text_of(model, "sha256").substr(0, 16), count_of(status, "services"));
  const Json& candidate = member(status, "candidate");
  if (!candidate.is_null()) {
    text += fmt::format("beside  {}  sha256 {}  a candidate; mimir model status\n",
                        text_of(candidate, "name"), text_of(candidate, "sha256").substr(0, 16));
  }
  for (const Json& port : list_of(status, "ports")) {
    text +=
        fmt::format("port    {}  {}  received {}  missed {}  errors {}\n", text_of(port, "device"),
                    is_set(port, "link_up") ? "up" : "NO LINK", count_of(port, "received"),
                    count_of(port, "missed"), count_of(port, "errors"));
  }
  std::size_t worker_number = 0;
  for (const Json& worker : list_of(status, "workers")) {
    text += fmt::format("worker  {}  ring {} of {} records, at most {} so far\n", worker_number++,
                        count_of(worker, "ring_records"), count_of(worker, "ring_capacity"),
                        count_of(worker, "ring_records_max"));
  }
  if (const std::uint64_t gap_s = count_of(member(status, "history"), "unwatched_s"); gap_s > 0) {
    text += fmt::format("gap     nobody watched for {} s before this run\n", gap_s);
  }
  const Json& packets = member(status, "packets");
  text += fmt::format("packets {} received, {} counted, {} lost at ports\n",
                      count_of(packets, "received"), count_of(packets, "counted"),
                      count_of(status, "lost_at_ports"));
  text += losses_text(packets);
  for (const Json& window : list_of(status, "windows")) {
    text += fmt::format("windows of {:>2} s  {} complete, {} partial, {} alarming\n",
                        count_of(window, "granularity_s"), count_of(window, "complete"),
                        count_of(window, "partial"), count_of(window, "alerts"));
  }
  const Json& incidents = member(status, "incidents");
  text +=
      fmt::format("incidents {} opened, {} open, {} records written, {} held back\n",
                  count_of(incidents, "opened"), count_of(incidents, "open"),
                  count_of(incidents, "records_written"), count_of(incidents, "records_held_back"));
  for (const Json& output : list_of(status, "outputs")) {
    text += fmt::format("output  {}  {}  {} delivered, {} waiting, {} lost\n",
                        text_of(output, "name"), is_set(output, "up") ? "up" : "DOWN",
                        count_of(output, "delivered"), count_of(output, "waiting"),
                        count_of(output, "queue_full") + count_of(output, "spool_full") +
                            count_of(output, "failed"));
  }
  return text;
}

std::string nothing_text(const Json& status) {
  const Json& packets = member(status, "packets");
  std::string text = fmt::format("  seen: {} packets in closed windows, {} lost at ports",
                                 count_of(packets, "received"), count_of(status, "lost_at_ports"));
  std::uint64_t judged = 0;
  std::uint64_t without_data = 0;
  for (const Json& window : list_of(status, "windows")) {
    const std::uint64_t count = count_of(window, "complete") + count_of(window, "partial");
    text += fmt::format("; {} windows of {} s, {} without traffic of the cluster", count,
                        count_of(window, "granularity_s"), count_of(window, "without_data"));
    judged += count;
    without_data += count_of(window, "without_data");
  }
  text += '\n';
  for (const Json& port : list_of(status, "ports")) {
    if (is_set(port, "link_up")) continue;
    text += fmt::format("  check: no link at port {}\n", text_of(port, "device"));
  }
  if (judged == 0) {
    text += "  check: a window is judged when it has ended; then, does the mirror send?\n";
  } else if (without_data == judged) {
    text += "  check: do the entities belong to the cluster that is mirrored? mimir doctor\n";
  }
  return text;
}

std::string windows_text(const Json& windows) {
  if (list_of(windows, "windows").empty()) return "no such window was judged\n";
  std::string text = fmt::format("{:<28} {:>8} {:>9} {:>12} {:>8} {:>8}\n", "begin", "score",
                                 "threshold", "packets", "loss", "mapped");
  for (const Json& window : list_of(windows, "windows")) {
    text += fmt::format(
        "{:<28} {:>+8.3f} {:>9.3f} {:>12} {:>7.3f}% {:>7.2f}%{}{}\n", text_of(window, "begin"),
        number_of(window, "score"), number_of(window, "threshold"), count_of(window, "packets"),
        number_of(window, "loss_ratio") * 100, number_of(window, "mapped_bytes_ratio") * 100,
        is_set(window, "partial") ? "  partial" : "", is_set(window, "alert") ? "  ALERT" : "");
  }
  return text;
}

std::string alerts_text(const Json& alerts) {
  if (list_of(alerts, "alerts").empty()) return "no such alert was told\n";
  std::string text;
  for (const Json& alert : list_of(alerts, "alerts")) {
    text += fmt::format("{}  {}\n", text_of(alert, "timestamp"),
                        text_of(member(alert, "alert"), "signature"));
  }
  return text;
}

}  // namespace mimir::tools
