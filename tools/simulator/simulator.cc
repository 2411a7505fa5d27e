// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/simulator.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <system_error>
#include <utility>

#include "tools/simulator/load.h"
#include "tools/simulator/pcap_writer.h"
#include "tools/simulator/run.h"
#include "tools/simulator/spec_text.h"
#include "tools/simulator/topology_file.h"

namespace mimir::simulator {
namespace {

constexpr TimeNs kLongestNs = 366LL * 86400 * kNsPerSecond;
constexpr double kUsersMax = 100'000;

bool write_text(const std::filesystem::path& path, const std::string& text,
                config::Diagnostics& diagnostics) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (file.fail()) {
    diagnostics.error({.file = path.string()}, "cannot write",
                      "give a folder that can be written, with some space left");
    return false;
  }
  return true;
}

std::string listed(const auto& items) {
  std::string names;
  for (const auto& each : items) names += (names.empty() ? "" : ", ") + std::string(each.name);
  return names;
}

void check_times(const Options& options, config::Diagnostics& diagnostics) {
  if (options.duration_ns <= 0 || options.duration_ns > kLongestNs) {
    diagnostics.error({.file = "--duration"}, "the duration is out of range",
                      "give a time above 0 and up to a year");
  }
  if (options.start_ns < 0 || options.start_ns / kNsPerSecond > 4'000'000'000) {
    diagnostics.error({.file = "--start"}, "the start is out of range",
                      "give a time from 1970 to 2096: the capture format knows no other");
  }
  if (options.snap_bytes != 0 && options.snap_bytes < 54) {
    diagnostics.error({.file = "--snap"}, "so little of a frame has no ports",
                      "give at least 54 bytes, or 0 for all");
  }
  if (options.encapsulation != Encapsulation::kNone &&
      options.observation != Observation::kMirror) {
    diagnostics.error({.file = "--encapsulation"}, "a node sees its pods' packets in clear",
                      "leave it out, or give --observe mirror");
  }
}

Load read_load(const Options& options, config::Diagnostics& diagnostics) {
  Load load{};
  if (const auto profile = load_profile(options.load)) {
    load.profile = *profile;
  } else {
    diagnostics.error({.file = "--load"}, "no load profile is called '" + options.load + "'",
                      "give one of " + listed(load_profiles()));
  }
  const double users = std::round(options.users_max * options.load_factor);
  if (!(users >= 0 && users <= kUsersMax)) {
    diagnostics.error({.file = "--users"}, "too many users", "give up to 100000");
    return load;
  }
  load.users_max = static_cast<std::uint32_t>(users);
  for (const std::string& text : options.bursts) {
    const auto number = static_cast<std::uint32_t>(&text - options.bursts.data() + 1);
    if (const auto burst = parse_burst(text, number, diagnostics)) load.bursts.push_back(*burst);
  }
  if (load.most() > kUsersMax) {
    diagnostics.error({.file = "--burst"}, "too many users at once",
                      "lower --users or the factor: 100000 are the most");
  }
  return load;
}

std::vector<double> read_weights(const Options& options, const Topology& topology,
                                 config::Diagnostics& diagnostics) {
  std::vector<double> weights;
  for (const Action& action : topology.actions) {
    weights.push_back(options.mix.empty() ? action.weight : 0);
  }
  for (const auto& [name, share] : options.mix) {
    const auto action = topology.find_action(name);
    if (!action) {
      diagnostics.error({.file = "--mix"}, "no action is called '" + name + "'",
                        "users of " + topology.name + " can do " + listed(topology.actions));
      continue;
    }
    weights[*action] = share;
  }
  const bool is_valid = std::all_of(weights.begin(), weights.end(),
                                    [](double share) { return share >= 0 && share <= 1e6; });
  const bool is_some =
      std::any_of(weights.begin(), weights.end(), [](double share) { return share > 0; });
  if (!is_valid || !is_some) {
    diagnostics.error({.file = "--mix"}, "the mix gives users nothing to do",
                      "give a share above 0 to at least one of " + listed(topology.actions));
  }
  return weights;
}

std::vector<AttackSpec> read_attacks(const Options& options, const Topology& topology,
                                     config::Diagnostics& diagnostics) {
  std::vector<AttackSpec> attacks;
  for (const std::string& text : options.attacks) {
    const auto number = static_cast<std::uint32_t>(&text - options.attacks.data() + 1);
    auto spec = parse_attack(text, number, topology, diagnostics);
    if (!spec) continue;
    if (spec->start_ns >= options.duration_ns) {
      diagnostics.error({.file = "--attack", .line = number},
                        "the attack starts when the run is over",
                        "give an earlier start, or a longer --duration");
    } else if (spec->start_ns + spec->duration_ns > options.duration_ns) {
      diagnostics.warning({.file = "--attack", .line = number},
                          "the attack is cut off by the end of the run");
    }
    attacks.push_back(std::move(*spec));
  }
  return attacks;
}

}  // namespace

std::optional<std::vector<std::pair<std::string, double>>> parse_mix(
    std::string_view text, config::Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.error_count();
  SpecText spec(text, "--mix", 1, "a mix", diagnostics);
  std::vector<std::pair<std::string, double>> mix;
  for (std::string_view rest = text;;) {
    const std::size_t comma = rest.find(',');
    const std::string_view part = rest.substr(0, comma);
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) {
      spec.error(part, in_quotes(part) + " has no share", "write action=share");
    } else if (const auto share = spec.number(part.substr(equals + 1), 0, 1e6)) {
      mix.emplace_back(part.substr(0, equals), *share);
    }
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  if (diagnostics.error_count() != before) return std::nullopt;
  return mix;
}

std::optional<Summary> simulate(const Options& options, const std::filesystem::path& out,
                                config::Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.error_count();
  const auto topology = options.topology.empty() ? topology_named(options.app, diagnostics)
                                                 : topology_from(options.topology, diagnostics);
  if (!topology) return std::nullopt;
  check_times(options, diagnostics);
  const Load load = read_load(options, diagnostics);
  const std::vector<double> weights = read_weights(options, *topology, diagnostics);
  const std::vector<AttackSpec> attacks = read_attacks(options, *topology, diagnostics);
  if (diagnostics.error_count() != before) return std::nullopt;

  std::error_code fault;
  std::filesystem::create_directories(out, fault);
  if (fault) {
    diagnostics.error({.file = out.string()}, "cannot make the folder: " + fault.message(),
                      "give a folder that can be written");
    return std::nullopt;
  }
  auto writer = PcapWriter::create(out / "capture.pcap", diagnostics);
  if (!writer) return std::nullopt;
  Run run(options, *topology, load, weights, attacks, *writer);
  const bool is_complete = run.run();
  if (!writer->finish(diagnostics) || !is_complete) return std::nullopt;

  Summary summary = run.summary();
  std::string truth;
  for (const AttackTruth& attack : summary.attacks) truth += truth_line(attack);
  if (!write_text(out / "entities.jsonl", run.entity_lines(), diagnostics)) return std::nullopt;
  if (!write_text(out / "truth.jsonl", truth, diagnostics)) return std::nullopt;
  if (options.progress) options.progress(1.0);
  return summary;
}

}  // namespace mimir::simulator
