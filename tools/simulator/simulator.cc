// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/simulator.h"

#include <algorithm>
#include <fstream>
#include <memory>
#include <queue>
#include <system_error>
#include <utility>

#include "tools/simulator/cluster.h"
#include "tools/simulator/load.h"
#include "tools/simulator/pcap_writer.h"
#include "tools/simulator/topology.h"
#include "tools/simulator/traffic.h"
#include "tools/simulator/users.h"

namespace mimir::simulator {
namespace {

constexpr std::uint32_t kGateway = 0xac110001;  // 172.17.0.1
constexpr TimeNs kProbePeriodNs = 3 * kNsPerSecond;
constexpr TimeNs kLongestNs = 366LL * 86400 * kNsPerSecond;
constexpr std::uint32_t kUsersMax = 100'000;

/// Something that happens by itself, not as a part of an exchange.
struct Event {
  enum class Kind : std::uint8_t {
    kControl,    ///< a second has passed: users come, idle connections close
    kTurn,       ///< subject: user
    kStart,      ///< subject: pod
    kProbe,      ///< subject: pod
    kLookUp,     ///< subject: pod
    kHeartbeat,  ///< subject: pod, detail: link
    kAttackBegin,
    kAttackStep,  ///< subject: attack
  };
  TimeNs time_ns;
  std::uint64_t order;  ///< of creation: decides between events of one time
  Kind kind;
  std::uint32_t subject;
  std::uint32_t detail;

  friend bool operator>(const Event& a, const Event& b) {
    return a.time_ns != b.time_ns ? a.time_ns > b.time_ns : a.order > b.order;
  }
};

/// Everything of one run, and its events in the order of time.
class Run {
 public:
  Run(const Options& options, const Topology& topology, const LoadProfile& load,
      const std::vector<AttackSpec>& attacks, PcapWriter& writer)
      : options_(options),
        topology_(topology),
        load_(load),
        writer_(writer),
        end_ns_(options.start_ns + options.duration_ns),
        random_(options.seed),
        cluster_(place(topology, random_)),
        tap_(writer, options.observation, kGateway, options.start_ns, end_ns_),
        traffic_(topology, cluster_, tap_, random_),
        users_(topology, cluster_, traffic_, random_, options.mix, options.users_max) {
    for (const AttackSpec& spec : attacks) {
      const auto id = static_cast<std::uint32_t>(exfiltrations_.size() + 1);
      const std::uint64_t seed = options.seed * 0x9e3779b97f4a7c15U + id;
      exfiltrations_.push_back(
          std::make_unique<Exfiltration>(spec, id, topology, cluster_, tap_, seed));
      schedule(Event::Kind::kAttackBegin, options.start_ns + spec.start_ns, id - 1);
    }
    schedule_pods();
    schedule(Event::Kind::kControl, options.start_ns, 0);
  }

  /// False if the capture could not be written on.
  bool run() {
    while (!events_.empty() && !writer_.failed()) {
      const Event event = events_.top();
      if (event.time_ns >= end_ns_) break;
      events_.pop();
      tap_.release(event.time_ns);
      handle(event);
    }
    tap_.release(end_ns_ + kNsPerSecond);
    return !writer_.failed();
  }

  [[nodiscard]] const Cluster& cluster() const { return cluster_; }

  [[nodiscard]] Summary summary() const {
    Summary summary;
    summary.packets = tap_.packets();
    summary.bytes = tap_.bytes();
    summary.connections = traffic_.connections();
    summary.pods = static_cast<std::uint32_t>(cluster_.pods.size());
    for (const auto& each : exfiltrations_) {
      summary.attacks.push_back(each->truth());
      summary.attacks.back().end_ns = std::min(summary.attacks.back().end_ns, end_ns_);
    }
    return summary;
  }

 private:
  void schedule(Event::Kind kind, TimeNs time_ns, std::uint32_t subject, std::uint32_t detail = 0) {
    events_.push({time_ns, next_order_++, kind, subject, detail});
  }

  /// Uniform in the `span_s` seconds after `time_ns`.
  [[nodiscard]] TimeNs within(TimeNs time_ns, double span_s) {
    return time_ns + static_cast<TimeNs>(random_.between(0, span_s * 1e9));
  }

  [[nodiscard]] TimeNs next_look_up(std::uint32_t pod, TimeNs time_ns) {
    const double mean_s = topology_.services[cluster_.pods[pod].service].outside_lookup_every_s;
    return time_ns + static_cast<TimeNs>(random_.exponential(mean_s * 1e9));
  }

  void schedule_pods() {
    for (std::uint32_t pod = 0; pod < cluster_.pods.size(); ++pod) {
      const Service& service = topology_.services[cluster_.pods[pod].service];
      schedule(Event::Kind::kStart, within(options_.start_ns, 2), pod);
      if (service.probe_port != 0) {
        schedule(Event::Kind::kProbe, within(options_.start_ns, 3), pod);  // readiness
        schedule(Event::Kind::kProbe, within(options_.start_ns, 3), pod);  // liveness
      }
      if (service.outside_lookup_every_s > 0) {
        schedule(Event::Kind::kLookUp, next_look_up(pod, options_.start_ns), pod);
      }
      for (std::uint32_t link = 0; link < topology_.links.size(); ++link) {
        const Link& how = topology_.links[link];
        if (how.client != service.name || how.heartbeat_s <= 0) continue;
        schedule(Event::Kind::kHeartbeat, within(options_.start_ns, how.heartbeat_s), pod, link);
      }
    }
  }

  void handle(const Event& event) {
    const TimeNs now_ns = event.time_ns;
    switch (event.kind) {
      case Event::Kind::kControl:
        control(now_ns);
        break;
      case Event::Kind::kTurn:
        if (const auto next_ns = users_.turn(event.subject, now_ns)) {
          schedule(Event::Kind::kTurn, *next_ns, event.subject);
        }
        break;
      case Event::Kind::kStart:
        traffic_.open_pools(event.subject, now_ns);
        break;
      case Event::Kind::kProbe:
        traffic_.probe(event.subject, now_ns);
        schedule(Event::Kind::kProbe, within(now_ns + kProbePeriodNs, 0.002), event.subject);
        break;
      case Event::Kind::kLookUp:
        traffic_.look_up_outside(event.subject, now_ns);
        schedule(Event::Kind::kLookUp, next_look_up(event.subject, now_ns), event.subject);
        break;
      case Event::Kind::kHeartbeat: {
        traffic_.heartbeat(event.subject, event.detail, now_ns);
        const double period_s = topology_.links[event.detail].heartbeat_s;
        schedule(Event::Kind::kHeartbeat, now_ns + static_cast<TimeNs>(period_s * 1e9),
                 event.subject, event.detail);
        break;
      }
      case Event::Kind::kAttackBegin:
        schedule(Event::Kind::kAttackStep, exfiltrations_[event.subject]->begin(now_ns),
                 event.subject);
        break;
      case Event::Kind::kAttackStep:
        if (const auto next_ns = exfiltrations_[event.subject]->step(now_ns)) {
          schedule(Event::Kind::kAttackStep, *next_ns, event.subject);
        }
        break;
    }
  }

  void control(TimeNs now_ns) {
    const TimeNs elapsed_ns = now_ns - options_.start_ns;
    traffic_.close_idle(now_ns);
    const std::uint32_t wanted = load_.users(elapsed_ns, options_.duration_ns, options_.users_max);
    // The first users are in the middle of what they do, not all at its beginning.
    const TimeNs spread_ns = (elapsed_ns == 0 ? 4 : 1) * kNsPerSecond;
    for (const Users::Arrival& arrival : users_.admit(wanted, now_ns, spread_ns)) {
      schedule(Event::Kind::kTurn, arrival.time_ns, arrival.user);
    }
    if (options_.progress) {
      options_.progress(static_cast<double>(elapsed_ns) /
                        static_cast<double>(options_.duration_ns));
    }
    schedule(Event::Kind::kControl, now_ns + kNsPerSecond, 0);
  }

  const Options& options_;
  const Topology& topology_;
  const LoadProfile& load_;
  PcapWriter& writer_;
  TimeNs end_ns_;
  Random random_;
  Cluster cluster_;
  Tap tap_;
  Traffic traffic_;
  Users users_;
  std::vector<std::unique_ptr<Exfiltration>> exfiltrations_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::uint64_t next_order_ = 0;
};

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

void check_options(const Options& options, const Topology& topology,
                   config::Diagnostics& diagnostics) {
  if (options.duration_ns <= 0 || options.duration_ns > kLongestNs) {
    diagnostics.error({.file = "--duration"}, "the duration is out of range",
                      "give a time above 0 and up to a year");
  }
  if (options.start_ns < 0 || options.start_ns / kNsPerSecond > 4'000'000'000) {
    diagnostics.error({.file = "--start"}, "the start is out of range",
                      "give a time from 1970 to 2096: the capture format knows no other");
  }
  if (options.users_max > kUsersMax) {
    diagnostics.error({.file = "--users"}, "too many users", "give up to 100000");
  }
  if (!load_profile(options.load)) {
    std::string names;
    for (const LoadProfile& each : load_profiles()) {
      names += (names.empty() ? "" : ", ") + std::string(each.name);
    }
    diagnostics.error({.file = "--load"}, "no load profile is called '" + options.load + "'",
                      "give one of " + names);
  }
  const bool valid = std::all_of(options.mix.begin(), options.mix.end(),
                                 [](double share) { return share >= 0 && share <= 1e6; });
  const bool some =
      std::any_of(options.mix.begin(), options.mix.end(), [](double share) { return share > 0; });
  if (options.mix.size() != topology.actions.size() || !valid || !some) {
    std::string names;
    for (const Action& action : topology.actions) {
      names += (names.empty() ? "" : ", ") + action.name;
    }
    diagnostics.error({.file = "--mix"}, "the mix of actions does not fit " + topology.name,
                      "give a share of at least 0 for each of " + names + ", not all 0");
  }
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

std::optional<Summary> simulate(const Options& options, const std::filesystem::path& out,
                                config::Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.error_count();
  const auto topology = topology_named(options.app, diagnostics);
  if (!topology || !check(*topology, diagnostics)) return std::nullopt;
  check_options(options, *topology, diagnostics);
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
  const LoadProfile load = *load_profile(options.load);
  Run run(options, *topology, load, attacks, *writer);
  const bool complete = run.run();
  if (!writer->finish(diagnostics) || !complete) return std::nullopt;

  Summary summary = run.summary();
  std::string truth;
  for (const AttackTruth& attack : summary.attacks) truth += truth_line(attack);
  const std::string entities = entity_lines(*topology, run.cluster(), options.start_ns);
  if (!write_text(out / "entities.jsonl", entities, diagnostics)) return std::nullopt;
  if (!write_text(out / "truth.jsonl", truth, diagnostics)) return std::nullopt;
  if (options.progress) options.progress(1.0);
  return summary;
}

}  // namespace mimir::simulator
