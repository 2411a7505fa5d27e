// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tools/simulator/attack.h"
#include "tools/simulator/cluster.h"
#include "tools/simulator/event.h"
#include "tools/simulator/jobs.h"
#include "tools/simulator/life.h"
#include "tools/simulator/load.h"
#include "tools/simulator/pcap_writer.h"
#include "tools/simulator/scrape.h"
#include "tools/simulator/simulator.h"
#include "tools/simulator/topology.h"
#include "tools/simulator/traffic.h"
#include "tools/simulator/users.h"

namespace mimir::simulator {

/// Everything of one run, and its events in the order of time.
class Run {
 public:
  /// `weights` are those of Topology::actions, in their order. All must live as long.
  Run(const Options& options, const Topology& topology, const Load& load,
      std::vector<double> weights, const std::vector<AttackSpec>& attacks, PcapWriter& writer);

  /// False if the capture could not be written on.
  bool run();

  [[nodiscard]] const std::string& entity_lines() const { return cluster_.entity_lines(); }
  [[nodiscard]] Summary summary() const;

 private:
  /// Uniform in the `span_ns` after `time_ns`.
  [[nodiscard]] TimeNs within(TimeNs time_ns, TimeNs span_ns);
  [[nodiscard]] TimeNs next_look_up(std::uint32_t pod, TimeNs time_ns);
  [[nodiscard]] bool is_ready(std::uint32_t pod) const {
    return cluster_.pods[pod].state == Pod::State::kReady;
  }
  [[nodiscard]] const Service& service_of(std::uint32_t pod) const {
    return topology_.services[cluster_.pods[pod].service];
  }

  /// What a pod does by itself from `time_ns` on, begun within `span_ns`.
  void schedule_pod(std::uint32_t pod, TimeNs time_ns, TimeNs span_ns);
  void handle(const Event& event);
  void handle_pod(const Event& event);
  void handle_attack(const Event& event);
  void crash(std::uint32_t crash, TimeNs now_ns);
  void restart(std::uint32_t crash, TimeNs now_ns);
  void control(TimeNs now_ns);

  const Options& options_;
  const Topology& topology_;
  const Load& load_;
  PcapWriter& writer_;
  TimeNs end_ns_;
  Random random_;
  Cluster cluster_;
  Tap tap_;
  Traffic traffic_;
  Users users_;
  Agenda agenda_;
  Life life_;
  Jobs jobs_;
  Scrapes scrapes_;
  std::vector<std::unique_ptr<Attack>> attacks_;
};

}  // namespace mimir::simulator
