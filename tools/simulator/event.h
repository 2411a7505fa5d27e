// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

#include "dataplane/record/time.h"

namespace mimir::simulator {

/// Something that happens by itself, not as a part of an exchange.
struct Event {
  enum class Kind : std::uint8_t {
    kControl,    ///< a second has passed: users come, idle connections close
    kTurn,       ///< subject: user
    kOpen,       ///< subject: pod; its start opens connections
    kPodReady,   ///< subject: pod
    kPodGone,    ///< subject: pod
    kProbe,      ///< subject: pod
    kLookUp,     ///< subject: pod
    kHeartbeat,  ///< subject: pod, detail: link
    kWrite,      ///< subject: pod
    kAutoscale,
    kUpdate,       ///< subject: update
    kRollout,      ///< subject: service; the next pod is replaced
    kCrash,        ///< subject: crash
    kRestart,      ///< subject: crash; it is over
    kRetry,        ///< subject: pod, detail: link
    kDiscover,     ///< subject: scraper; it hears which pods there are
    kScrape,       ///< subject: target of a scraper
    kJob,          ///< subject: job
    kJobStep,      ///< subject: run of a job
    kAttackBegin,  ///< subject: attack
    kAttackStep,   ///< subject: attack
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

/// What is still to happen, the next first.
class Agenda {
 public:
  void add(Event::Kind kind, TimeNs time_ns, std::uint32_t subject = 0, std::uint32_t detail = 0) {
    events_.push({time_ns, next_order_++, kind, subject, detail});
  }

  [[nodiscard]] bool is_empty() const { return events_.empty(); }

  [[nodiscard]] Event take() {
    const Event event = events_.top();
    events_.pop();
    return event;
  }

 private:
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::uint64_t next_order_ = 0;
};

}  // namespace mimir::simulator
