// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/simulator/cluster.h"
#include "tools/simulator/connection.h"
#include "tools/simulator/downtime.h"
#include "tools/simulator/payload.h"
#include "tools/simulator/random.h"
#include "tools/simulator/tap.h"
#include "tools/simulator/topology.h"

namespace mimir::simulator {

inline constexpr double kNsPerMs = 1e6;
/// The mean time a program that asked takes to go on.
inline constexpr double kClientReactionNs = 60'000;

/// A write that the members of a replicated service will tell each other of.
struct Write {
  TimeNs time_ns;
  std::uint32_t pod;
};

/// A pod will try to open a pooled connection that it could not have.
struct Retry {
  TimeNs time_ns;
  std::uint32_t pod;
  std::uint32_t link;
};

/// What pods say to each other: an operation becomes a tree of calls over
/// connections, with names looked up before.
///
/// An exchange is written to the tap as a whole, from its first packet to its last,
/// when it begins; its later packets lie in the future by as long as it takes. A
/// pooled connection is thus taken until its exchange ends, and a second exchange
/// within that time takes or opens another.
///
/// A service that is down refuses connections. Who calls it tries three times, with a
/// growing pause, and then goes on without; a lost pooled connection is tried for in the
/// background until it is there again.
class Traffic {
 public:
  /// REQUIRES: a topology that read_topology() made.
  Traffic(const Topology& topology, Cluster& cluster, Tap& tap, Random& random);

  /// The exchange of `operation` on an open connection to `pod`. Returns when the
  /// client holds the reply. `exchange` is how many there were on the connection.
  enum class Client : std::uint8_t {
    kUser,
    kPod,
    kBusyPod,  ///< goes on at once on the same connection: acknowledgements ride on that
  };
  TimeNs serve(Connection& connection, std::uint32_t pod, std::uint32_t operation, TimeNs time_ns,
               Client client, std::uint32_t exchange);

  [[nodiscard]] Connection connect_from_outside(Endpoint user, std::uint32_t pod, TimeNs way_ns,
                                                TimeNs time_ns);

  [[nodiscard]] bool is_down(std::uint32_t service, TimeNs time_ns) const {
    return downtime_.is_down(service, time_ns);
  }

  /// All pods of the service lose what they have open.
  void crash(std::uint32_t service, TimeNs time_ns);

  /// A pod tries again for a pooled connection, if it has none by now.
  void retry(std::uint32_t pod, std::uint32_t link, TimeNs time_ns);

  /// The attempts to come that were decided on since the last call.
  [[nodiscard]] std::vector<Retry> take_retries() { return std::exchange(retries_, {}); }

  /// A connection to a pod of a service that is down. Returns when the client knows.
  TimeNs knock(std::uint32_t client_pod, std::uint32_t service, TimeNs time_ns);

  /// The kubelet of the pod's node asks for its health.
  void probe(std::uint32_t pod, TimeNs time_ns);

  /// A pod asks another for its metrics, and waits 10 s if nobody answers.
  void scrape(std::uint32_t scraper, std::uint32_t target, TimeNs time_ns);

  /// Opens what a pod's start does: one connection on every pooled link that stays
  /// open, and one to each member of its replicated service.
  void open_pools(std::uint32_t pod, TimeNs time_ns);

  /// Closes every connection that the pod has with another, each at the end of the
  /// exchange it is in.
  void drain(std::uint32_t pod, TimeNs time_ns);

  void heartbeat(std::uint32_t pod, std::uint32_t link, TimeNs time_ns);

  /// Closes the pooled connections that have been idle for too long, and asks on those
  /// that have been silent whether the other side is still there.
  void tend_idle(TimeNs time_ns);

  /// A pod asks for a name of the world; the DNS asks its own upstream.
  void look_up_outside(std::uint32_t pod, TimeNs time_ns);

  /// Members of a replicated service tell each other of a write.
  void replicate(const Write& write);

  /// The writes that exchanges have led to since the last call.
  [[nodiscard]] std::vector<Write> take_writes() { return std::exchange(writes_, {}); }

  /// A pod asks the DNS for the address of a service. Returns when it has the answer.
  TimeNs look_up(std::uint32_t pod, std::uint32_t service, TimeNs time_ns);
  /// A name of the world, as the DNS of a pod gives it; the address is in 192.0.2.96/27.
  TimeNs look_up_world(std::uint32_t pod, std::uint32_t which, TimeNs time_ns);

  /// A connection to any ready pod of the service, opened and greeted; `time_ns` moves
  /// to when it can be used. REQUIRES: the service has a ready pod.
  struct Channel {
    Connection connection;
    std::uint32_t server_pod;
    std::uint32_t exchanges = 0;
  };
  [[nodiscard]] std::unique_ptr<Channel> open_channel(std::uint32_t client_pod,
                                                      std::uint32_t service, TimeNs& time_ns);
  /// The client says goodbye, where the protocol has a word for it, and closes.
  void close_channel(Channel& channel, TimeNs time_ns);

  [[nodiscard]] bool has_ready_pod(std::uint32_t service) const {
    return !cluster_.pods_of[service].empty();
  }
  /// When the pod has finished all that it has begun so far.
  [[nodiscard]] TimeNs busy_until_ns(std::uint32_t pod) const {
    return pod < busy_until_ns_.size() ? busy_until_ns_[pod] : 0;
  }
  [[nodiscard]] std::uint64_t connections() const { return connections_; }

 private:
  struct CompiledStep {
    std::uint32_t operation;
    double probability;
    std::uint32_t times;
    bool is_parallel;
  };
  struct Pool {
    std::vector<std::unique_ptr<Channel>> channels;
    TimeNs name_known_until_ns = 0;
    std::uint32_t refused = 0;  ///< attempts in the background, one after the other
  };
  /// The connections that a request opened for itself, by link.
  using Held = std::vector<std::pair<std::uint32_t, std::unique_ptr<Channel>>>;

  TimeNs call(std::uint32_t client_pod, std::uint32_t operation, TimeNs time_ns, Held& held);
  TimeNs exchange(Channel& channel, std::uint32_t operation, TimeNs time_ns, Client client);
  TimeNs answer(Connection& connection, const Operation& operation, const Message& reply,
                TimeNs time_ns, Acknowledge acknowledge);
  TimeNs serve_steps(std::uint32_t pod, std::uint32_t operation, TimeNs time_ns);
  void deliver(const Operation& operation, TimeNs time_ns);
  /// An idle connection of the pool, or a new one; `time_ns` moves to when it can be used.
  Channel& acquire(std::uint32_t client_pod, std::uint32_t link, TimeNs& time_ns);
  /// A connection that is not opened yet; it ends when either side's service dies.
  [[nodiscard]] Connection dial(std::uint32_t client_pod, std::uint32_t server_pod, TimeNs time_ns);
  void bound(Connection& connection, std::uint32_t client, std::uint32_t server,
             TimeNs time_ns) const;
  void look_up_if_due(std::uint32_t client_pod, std::uint32_t link, TimeNs& time_ns);
  /// The attempts of a call. Returns when it gave up, or found the service there again.
  TimeNs insist(std::uint32_t client_pod, std::uint32_t link, TimeNs time_ns);
  void retry_later(std::uint32_t client_pod, std::uint32_t link, TimeNs time_ns);
  [[nodiscard]] std::unique_ptr<Channel> connect(std::uint32_t client_pod, std::uint32_t link,
                                                 TimeNs& time_ns);
  void open_peers(std::uint32_t pod, TimeNs time_ns);
  void say_to_peer(std::uint32_t from, std::uint32_t to, TimeNs time_ns, const Message& message);
  /// A question to the DNS service and its reply, of which `answer` is sent.
  TimeNs ask(Endpoint client, std::uint32_t dns_pod, TimeNs time_ns, std::string_view question,
             std::string_view answer, TimeNs work_ns);
  void datagram(TimeNs time_ns, Endpoint source, Endpoint destination, bool from_client,
                const Route& route, std::string_view bytes);
  TimeNs ask_upstream(std::uint32_t dns_pod, TimeNs time_ns, std::string_view question,
                      std::string_view answer);
  [[nodiscard]] Delay delay_within(std::uint32_t first_node, std::uint32_t second_node);
  [[nodiscard]] std::uint32_t any_pod(std::uint32_t service);
  void note_busy(std::uint32_t pod, TimeNs time_ns);
  [[nodiscard]] Pool& pool(std::uint32_t pod, std::uint32_t link);

  const Topology& topology_;
  Cluster& cluster_;
  Tap& tap_;
  Random& random_;
  Payloads payloads_;
  Downtime downtime_;
  std::uint32_t dns_;
  std::vector<std::uint32_t> client_of_link_;
  std::vector<std::uint32_t> server_of_link_;
  std::vector<std::uint32_t> service_of_operation_;
  std::vector<std::vector<CompiledStep>> steps_;          ///< by operation
  std::vector<std::vector<std::uint32_t>> link_between_;  ///< by client and server service
  std::vector<Pool> pools_;                               ///< by pod and link
  std::vector<std::array<Greeting, 8>> greetings_;        ///< by service
  std::vector<TimeNs> outside_known_until_ns_;            ///< by outside name
  /// Between two members of a replicated service, the later pod first.
  std::map<std::pair<std::uint32_t, std::uint32_t>, Connection> peers_;
  std::vector<Write> writes_;
  std::vector<Retry> retries_;
  std::vector<TimeNs> busy_until_ns_;  ///< by pod
  std::uint64_t connections_ = 0;
};

}  // namespace mimir::simulator
