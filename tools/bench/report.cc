// SPDX-License-Identifier: Apache-2.0
#include "tools/bench/report.h"

#include <algorithm>
#include <numeric>
#include <span>
#include <string_view>

#include <fmt/format.h>

namespace mimir::tools {

namespace {

struct Spread {
  double median = 0;
  double min = 0;
  double max = 0;
};

// REQUIRES: rates is not empty.
Spread spread(std::vector<double> rates) {
  std::sort(rates.begin(), rates.end());
  return {.median = rates[rates.size() / 2], .min = rates.front(), .max = rates.back()};
}

template <class Rounds, class Count>
std::vector<double> millions_a_second(const Rounds& rounds, Count&& count) {
  std::vector<double> rates;
  for (const auto& round : rounds) {
    rates.push_back(static_cast<double>(count(round)) / round.seconds / 1e6);
  }
  return rates;
}

void set_spread(config::Json& json, const std::string& name, const Spread& value) {
  json.set(name + "_median", value.median)
      .set(name + "_min", value.min)
      .set(name + "_max", value.max);
}

std::string rate_text(const std::string& name, const Spread& rate, const char* unit) {
  return fmt::format("{:<40} {:>7.2f} {} ({:.2f} to {:.2f})", name, rate.median, unit, rate.min,
                     rate.max);
}

config::Json to_json(const Percentiles& value) {
  config::Json json = config::Json::object();
  json.set("p50", value.p50_us).set("p99", value.p99_us).set("max", value.max_us);
  return json;
}

config::Json settings_json(const DataplaneSettings& settings) {
  const source::TrafficOptions& traffic = settings.traffic;
  constexpr std::string_view kFamilies[] = {"ipv4", "ipv6", "vxlan"};
  constexpr std::string_view kSizes[] = {"64", "imix"};
  constexpr std::string_view kLaws[] = {"steady", "churn", "flood"};
  config::Json json = config::Json::object();
  json.set("family", kFamilies[static_cast<std::size_t>(traffic.family)])
      .set("sizes", kSizes[static_cast<std::size_t>(traffic.sizes)])
      .set("law", kLaws[static_cast<std::size_t>(traffic.law)])
      .set("flows", traffic.flow_count)
      .set("packets_a_round", settings.packet_count)
      .set("packet_interval_ns", traffic.packet_interval_ns)
      .set("window_ns", kBenchWindowNs);
  if (traffic.law == source::TrafficLaw::kChurn) json.set("churn_share", traffic.churn_share);
  return json;
}

std::vector<std::uint32_t> sweep_of(const std::vector<std::uint32_t>& all, const StepTimes& steps) {
  const auto begin = all.begin();
  return {begin + static_cast<std::ptrdiff_t>(steps.sweep_begin),
          begin + static_cast<std::ptrdiff_t>(steps.sweep_end)};
}

double milliseconds(const std::vector<std::uint32_t>& times_ns) {
  return std::accumulate(times_ns.begin(), times_ns.end(), 0.0) / 1e6;
}

/// What the flow table put into memory, by flow.
double bytes_per_flow(const DataplaneResult& result) {
  return (static_cast<double>(result.bytes_filled) - static_cast<double>(result.bytes_before)) /
         static_cast<double>(result.flows_filled);
}

}  // namespace

BenchRow ingest_row(const std::vector<IngestRound>& rounds) {
  const Spread rate =
      spread(millions_a_second(rounds, [](const IngestRound& round) { return round.packets; }));
  BenchRow row;
  row.is_exact = std::all_of(rounds.begin(), rounds.end(),
                             [](const IngestRound& round) { return round.is_exact; });
  row.json.set("name", "ingest")
      .set("packets", rounds.front().packets)
      .set("records", rounds.front().records)
      .set("rounds", std::uint64_t{rounds.size()});
  set_spread(row.json, "mpps", rate);
  row.json.set("ledgers_balance", row.is_exact);
  row.text = rate_text("ingest", rate, "Mpps");
  return row;
}

BenchRow ring_row(const std::vector<RingRound>& rounds) {
  const Spread rate =
      spread(millions_a_second(rounds, [](const RingRound& round) { return round.records; }));
  BenchRow row;
  row.is_exact = std::all_of(rounds.begin(), rounds.end(),
                             [](const RingRound& round) { return round.is_exact; });
  row.json.set("name", "ring")
      .set("records", rounds.front().records)
      .set("rounds", std::uint64_t{rounds.size()});
  set_spread(row.json, "million_records_a_second", rate);
  row.json.set("all_in_order", row.is_exact);
  row.text = rate_text("ring, bursts of 64 records", rate, "M records/s");
  return row;
}

BenchRow dataplane_row(const DataplaneSettings& settings, const DataplaneResult& result,
                       const StepTimes& steps) {
  const auto packets = [&result](const DataplaneRound&) { return result.packets_a_round; };
  const Spread rate = spread(millions_a_second(result.rounds, packets));
  std::vector<double> cpu_rates;
  double seconds = 0;
  for (const DataplaneRound& round : result.rounds) {
    cpu_rates.push_back(static_cast<double>(result.packets_a_round) / round.cpu_seconds / 1e6);
    seconds += round.seconds;
  }
  const Spread cpu_rate = spread(cpu_rates);
  const Percentiles wall = percentiles(steps.wall_ns);
  const Percentiles cpu = percentiles(steps.cpu_ns);
  const bool keeps_flows = result.established_sent == result.established_delivered;
  const bool must_keep = settings.traffic.law == source::TrafficLaw::kFlood;
  BenchRow row;
  row.is_exact = result.is_exact && steps.is_exact && (keeps_flows || !must_keep);
  row.json.set("name", settings.name()).set("settings", settings_json(settings));
  row.json.set("rounds", std::uint64_t{result.rounds.size()}).set("seconds", seconds);
  set_spread(row.json, "mpps", rate);
  set_spread(row.json, "mpps_of_cpu", cpu_rate);
  row.json.set("making_ns", result.making_ns);
  row.json.set("packets", result.packets.received)
      .set("counted", result.packets.counted)
      .set("flow_table_full", result.packets.dropped_for(Drop::kFlowTableFull))
      .set("records_exported", result.records.delivered)
      .set("facts_written", result.facts.written)
      .set("facts_lost", result.facts.lost)
      .set("established_packets_sent", result.established_sent)
      .set("established_packets_counted", result.established_delivered)
      .set("resident_bytes_before", std::uint64_t{result.bytes_before})
      .set("resident_bytes_filled", std::uint64_t{result.bytes_filled})
      .set("resident_bytes_first_round", std::uint64_t{result.rounds.front().resident_bytes})
      .set("resident_bytes_last_round", std::uint64_t{result.rounds.back().resident_bytes})
      .set("flows_filled", result.flows_filled)
      .set("bytes_per_flow", bytes_per_flow(result))
      .set("step_us", to_json(wall))
      .set("step_cpu_us", to_json(cpu))
      .set("ledgers_balance", row.is_exact);
  row.text = rate_text(settings.name(), rate, "Mpps") +
             fmt::format(
                 "  of cpu {:>6.2f}, making them {:.1f} of {:.1f} ns  {:>9} records  longest step "
                 "{:>6.0f} us, of cpu {:>4.0f}",
                 cpu_rate.median, result.making_ns, 1e3 / cpu_rate.median, result.records.delivered,
                 wall.max_us, cpu.max_us);
  // Elsewhere pages, or room for flows to come, outweigh the flows.
  const bool is_full = settings.traffic.law == source::TrafficLaw::kSteady;
  if (is_full && result.flows_filled >= 100'000) {
    row.text += fmt::format("  {:.0f} bytes/flow", bytes_per_flow(result));
  }
  if (must_keep) {
    row.text += fmt::format(
        "\n    {:.0f} s, {} flows refused; resident {:.1f} MB after the first round, {:.1f} MB "
        "after the last; of {} "
        "packets of flows from before {} counted",
        seconds, result.packets.dropped_for(Drop::kFlowTableFull),
        static_cast<double>(result.rounds.front().resident_bytes) / 1e6,
        static_cast<double>(result.rounds.back().resident_bytes) / 1e6, result.established_sent,
        result.established_delivered);
  }
  return row;
}

BenchRow sweep_row(const DataplaneSettings& settings, const StepTimes& steps) {
  const std::vector<std::uint32_t> wall_ns = sweep_of(steps.wall_ns, steps);
  const std::vector<std::uint32_t> cpu_ns = sweep_of(steps.cpu_ns, steps);
  const Percentiles wall = percentiles(wall_ns);
  const Percentiles cpu = percentiles(cpu_ns);
  BenchRow row;
  row.is_exact = steps.is_exact;
  row.json.set("name", "sweep, " + settings.name())
      .set("settings", settings_json(settings))
      .set("steps", std::uint64_t{wall_ns.size()})
      .set("sweep_ms", milliseconds(wall_ns))
      .set("step_us", to_json(wall))
      .set("step_cpu_us", to_json(cpu))
      .set("records", steps.records)
      .set("records_lost", steps.records_lost)
      .set("ledgers_balance", row.is_exact);
  row.text = fmt::format(
      "sweep, {:<32} {:>6.1f} ms in {} steps: p50 {:.1f} us, p99 {:.1f}, max {:.1f}; of cpu "
      "{:.1f}, "
      "{:.1f}, {:.1f}",
      settings.name(), milliseconds(wall_ns), wall_ns.size(), wall.p50_us, wall.p99_us, wall.max_us,
      cpu.p50_us, cpu.p99_us, cpu.max_us);
  return row;
}

}  // namespace mimir::tools
