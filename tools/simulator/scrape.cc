// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/scrape.h"

namespace mimir::simulator {
namespace {

constexpr TimeNs kDiscoveryNs = 30 * kNsPerSecond;
constexpr double kLatenessNs = 2e6;  // of a timer

}  // namespace

Scrapes::Scrapes(const Topology& topology, const Cluster& cluster, Traffic& traffic, Agenda& agenda,
                 std::uint64_t seed)
    : topology_(topology), cluster_(cluster), traffic_(traffic), agenda_(agenda), random_(seed) {}

void Scrapes::begin(TimeNs time_ns) {
  for (std::uint32_t i = 0; i < topology_.scrapers.size(); ++i) {
    agenda_.add(Event::Kind::kDiscover, time_ns, i);
  }
}

void Scrapes::discover(std::uint32_t scraper, TimeNs time_ns) {
  agenda_.add(Event::Kind::kDiscover, time_ns + kDiscoveryNs, scraper);
  const Scraper& what = topology_.scrapers[scraper];
  for (Target& each : targets_) {
    if (each.is_dropped || each.scraper != scraper) continue;
    each.is_dropped = cluster_.pods[each.asked].state == Pod::State::kGone;
  }
  for (const std::uint32_t asking : cluster_.pods_of[*topology_.find_service(what.service)]) {
    for (std::uint32_t service = 0; service < topology_.services.size(); ++service) {
      if (!topology_.services[service].has_metrics()) continue;
      for (const std::uint32_t asked : cluster_.pods_of[service]) {
        if (asked == asking || !known_.emplace(asking, asked).second) continue;
        const double offset_ns = random_.between(0, static_cast<double>(what.every_ns));
        agenda_.add(Event::Kind::kScrape, time_ns + static_cast<TimeNs>(offset_ns),
                    static_cast<std::uint32_t>(targets_.size()));
        targets_.push_back({scraper, asking, asked});
      }
    }
  }
}

void Scrapes::scrape(std::uint32_t target, TimeNs time_ns) {
  const Target& what = targets_[target];
  const Pod& asking = cluster_.pods[what.asking];
  if (what.is_dropped || asking.state != Pod::State::kReady) return;
  if (!traffic_.is_down(asking.service, time_ns)) {
    traffic_.scrape(what.asking, what.asked, time_ns);
  }
  const double late_ns = random_.between(0, kLatenessNs);
  agenda_.add(Event::Kind::kScrape,
              time_ns + topology_.scrapers[what.scraper].every_ns + static_cast<TimeNs>(late_ns),
              target);
}

}  // namespace mimir::simulator
