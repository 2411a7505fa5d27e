// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "tools/simulator/load.h"
#include "tools/simulator/traffic.h"

namespace mimir::simulator {

/// People outside, each with a browser that keeps one connection for an action.
///
/// As with Locust, a user does one action after the other for as long as the load
/// profile has room for him, and leaves at the end of a page when it has not.
class Users {
 public:
  /// `weights` are those of Topology::actions, in their order.
  Users(const Topology& topology, const Cluster& cluster, Traffic& traffic, Random& random,
        std::vector<double> weights, std::uint32_t users_max);

  /// Lets in the users that are missing to `wanted`. Returns who came, and when each begins.
  struct Arrival {
    std::uint32_t user;
    TimeNs time_ns;
  };
  [[nodiscard]] std::vector<Arrival> admit(std::uint32_t wanted, TimeNs time_ns, TimeNs spread_ns);

  /// One page of a user. Returns when he asks for the next, or nothing if he left.
  std::optional<TimeNs> turn(std::uint32_t user, TimeNs time_ns);

  /// The pod closes the connections that users have to it; they go on with another.
  void drain(std::uint32_t pod, TimeNs time_ns);

  /// The pods of the service reset the connections that users have to them.
  void crash(std::uint32_t service, TimeNs time_ns);

 private:
  struct User {
    bool is_present = false;
    bool is_in_action = false;
    std::uint32_t action = 0;
    std::size_t page = 0;
    std::unique_ptr<Connection> connection;
    std::uint32_t front_pod = 0;
    std::uint32_t exchanges = 0;
  };
  struct Request {
    std::uint32_t operation;
    double probability;
    std::uint32_t times;
  };
  using Requests = std::vector<Request>;
  struct CompiledAction {
    std::vector<Requests> once;
    std::vector<Requests> repeated;
    std::uint32_t repeats;
  };

  void begin_action(User& user);
  /// Not opened yet.
  [[nodiscard]] Connection dial(User& user, TimeNs time_ns);
  void connect(User& user, TimeNs& time_ns);
  [[nodiscard]] TimeNs waited(TimeNs time_ns);
  void disconnect(User& user, TimeNs time_ns);
  [[nodiscard]] const Requests* page_of(const User& user) const;
  [[nodiscard]] std::vector<Requests> compile(const std::vector<Page>& pages) const;

  const Topology& topology_;
  const Cluster& cluster_;
  Traffic& traffic_;
  Random& random_;
  std::vector<double> weights_;
  std::uint32_t front_;
  std::vector<CompiledAction> actions_;
  std::vector<User> users_;
  std::vector<std::uint16_t> next_ports_;  ///< by address of a user
  std::uint32_t wanted_ = 0;
};

}  // namespace mimir::simulator
