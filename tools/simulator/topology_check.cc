// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/topology_check.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "config/section.h"
#include "tools/simulator/topology_file.h"

namespace mimir::simulator {
namespace {

constexpr std::uint32_t kPodsOfNodeMax = 200;  // of a /24, with room for those that come and go

/// The child of that name, or the node itself: the nearest place there is.
const config::Node& under(const config::Node& node, std::string_view key) {
  const config::Node* const child = node.find(key);
  return child == nullptr ? node : *child;
}

const config::Node& element(const config::Node& document, std::string_view list,
                            std::size_t index) {
  return under(document, list).elements.at(index);
}

/// RFC 1123 §2.1, in lower case as Kubernetes has it.
bool is_dns_label(std::string_view name) {
  const auto is_inner = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  return !name.empty() && name.size() <= 52 && name.front() != '-' && name.back() != '-' &&
         std::all_of(name.begin(), name.end(), is_inner);
}

class Checker {
 public:
  Checker(const Topology& topology, const config::Node& document, config::Diagnostics& diagnostics)
      : topology_(topology), document_(document), diagnostics_(diagnostics) {
    for (const Service& each : topology.services) services_.push_back(each.name);
    for (const Operation& each : topology.operations) operations_.push_back(each.name);
  }

  void check_all() {
    check_names();
    check_services();
    check_links();
    check_operations();
    check_actions();
    check_clock();
  }

 private:
  void error(const config::Node& at, std::string message, std::string hint) {
    config::report(at, diagnostics_, std::move(message), std::move(hint));
  }

  void no_such(const config::Node& at, const char* what, const std::string& name,
               const std::vector<std::string>& known) {
    const std::string meant = nearest(name, known);
    error(at, "no " + std::string(what) + " is called '" + name + "'",
          meant.empty() ? "add it to the " + std::string(what) + 's'
                        : "did you mean '" + meant + "'?");
  }

  bool need_service(const config::Node& at, const std::string& name) {
    if (topology_.find_service(name)) return true;
    no_such(at, "service", name, services_);
    return false;
  }

  template <typename Items>
  void check_unique(const Items& items, const char* list) {
    for (std::size_t i = 0; i < items.size(); ++i) {
      const config::Node& at = under(element(document_, list, i), "name");
      if (items[i].name.empty()) error(at, "it has no name", "write name: ...");
      for (std::size_t j = 0; j < i; ++j) {
        if (items[j].name != items[i].name) continue;
        error(at, "a second '" + items[i].name + "' in " + list, "give each its own name");
      }
    }
  }

  void check_names() {
    check_unique(topology_.services, "services");
    check_unique(topology_.operations, "operations");
    check_unique(topology_.actions, "actions");
    check_unique(topology_.jobs, "jobs");
    if (need_service(under(document_, "front"), topology_.front) &&
        topology_.services[*topology_.find_service(topology_.front)].protocol != Protocol::kHttp) {
      error(under(document_, "front"), "users speak HTTP, but the front service does not",
            "give it protocol: http");
    }
    if (need_service(under(document_, "dns"), topology_.dns) &&
        topology_.services[*topology_.find_service(topology_.dns)].protocol != Protocol::kDns) {
      error(under(document_, "dns"), "'" + topology_.dns + "' does not speak DNS",
            "give it protocol: dns");
    }
  }

  void check_services() {
    std::uint32_t pods = 0;
    for (std::size_t i = 0; i < topology_.services.size(); ++i) {
      const Service& service = topology_.services[i];
      const config::Node& at = element(document_, "services", i);
      pods += std::max(service.replicas, service.replicas_max);
      if (!service.name.empty() && !is_dns_label(service.name)) {
        error(under(at, "name"), "'" + service.name + "' is no name of a service",
              "give up to 52 small letters, digits and hyphens");
      }
      for (const std::string& label : service.labels) {
        if (label.find('=') != std::string::npos) continue;
        error(under(at, "labels"), "the label '" + label + "' has no value", "write key=value");
      }
      if (service.is_on_node && (service.replicas != 1 || service.replicas_max != 0)) {
        error(under(at, "on_node"), "only one pod can have the address of the node",
              "leave replicas and replicas_max out");
      }
      if (service.is_on_node && service.replication.port != 0) {
        error(under(at, "on_node"), "one pod has nobody to replicate to", "leave replication out");
      }
    }
    const std::uint32_t pods_max = kPodsOfNodeMax * topology_.nodes;
    if (pods > pods_max) {
      error(under(document_, "services"),
            std::to_string(pods) + " pods are more than the addresses suffice for",
            "lower replicas or replicas_max to " + std::to_string(pods_max) +
                " in all, or raise nodes");
    }
  }

  void check_links() {
    for (std::size_t i = 0; i < topology_.links.size(); ++i) {
      const Link& link = topology_.links[i];
      const config::Node& at = element(document_, "links", i);
      const bool has_ends = need_service(under(at, "client"), link.client) &&
                            need_service(under(at, "server"), link.server);
      if (topology_.find_link(link.client, link.server) != i) {
        error(at, "a second link from " + link.client + " to " + link.server, "keep one");
      }
      if (link.heartbeat_ns <= 0 || !has_ends) continue;
      const Protocol protocol = topology_.services[*topology_.find_service(link.server)].protocol;
      if (protocol != Protocol::kMongo && protocol != Protocol::kAmqp &&
          protocol != Protocol::kTls && protocol != Protocol::kGrpc) {
        error(under(at, "heartbeat"), "the protocol of '" + link.server + "' has no heartbeat",
              "leave it out");
      }
    }
  }

  /// `client` is empty for users.
  void check_calls(const config::Node& list, const std::string& client,
                   const std::vector<Step>& steps) {
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const config::Node& at = under(list.elements.at(i), "call");
      const auto operation = topology_.find_operation(steps[i].operation);
      if (!operation) {
        no_such(at, "operation", steps[i].operation, operations_);
        continue;
      }
      const std::string& server = topology_.operations[*operation].service;
      if (client.empty()) {
        if (server == topology_.front) continue;
        error(at, "'" + steps[i].operation + "' is not of the front service",
              "users can ask " + topology_.front + " alone");
      } else if (!topology_.find_link(client, server)) {
        error(at,
              "'" + steps[i].operation + "' is called without a link from " + client + " to " +
                  server,
              "add the link");
      }
    }
  }

  void check_operations() {
    states_.assign(topology_.operations.size(), State::kNew);
    for (std::size_t i = 0; i < topology_.operations.size(); ++i) {
      const Operation& operation = topology_.operations[i];
      const config::Node& at = element(document_, "operations", i);
      if (!need_service(under(at, "service"), operation.service)) continue;
      check_calls(under(at, "calls"), operation.service, operation.steps);
      const Service& server = topology_.services[*topology_.find_service(operation.service)];
      if (operation.is_write && server.replication.port == 0) {
        error(under(at, "write"), "'" + server.name + "' has no replication", "leave it out");
      }
      if (!operation.deliver_to.empty()) check_delivery(under(at, "deliver_to"), operation, server);
      check_circle(i);
    }
  }

  void check_delivery(const config::Node& at, const Operation& operation, const Service& server) {
    if (!need_service(at, operation.deliver_to)) return;
    if (server.protocol != Protocol::kAmqp) {
      error(at, "'" + server.name + "' delivers no messages", "leave it out");
    } else if (!topology_.find_link(operation.deliver_to, operation.service)) {
      error(at,
            operation.deliver_to + " consumes from " + operation.service + " without a link to it",
            "add the link");
    }
  }

  enum class State : std::uint8_t { kNew, kOpen, kDone };

  /// Depth first: a call into an operation that is still open never ends.
  void check_circle(std::size_t index) {
    if (states_[index] != State::kNew) return;
    states_[index] = State::kOpen;
    const Operation& operation = topology_.operations[index];
    const config::Node& calls = under(element(document_, "operations", index), "calls");
    for (std::size_t i = 0; i < operation.steps.size(); ++i) {
      const auto callee = topology_.find_operation(operation.steps[i].operation);
      if (!callee) continue;
      if (states_[*callee] == State::kOpen) {
        error(under(calls.elements.at(i), "call"),
              "calling '" + operation.steps[i].operation + "' from here comes back to it",
              "break the circle");
      } else {
        check_circle(*callee);
      }
    }
    states_[index] = State::kDone;
  }

  void check_actions() {
    bool is_some = false;
    for (std::size_t i = 0; i < topology_.actions.size(); ++i) {
      const Action& action = topology_.actions[i];
      const config::Node& at = element(document_, "actions", i);
      is_some |= action.weight > 0;
      for (const auto& [list, pages] :
           {std::pair("once", &action.once), std::pair("repeated", &action.repeated)}) {
        for (std::size_t page = 0; page < pages->size(); ++page) {
          check_calls(under(element(at, list, page), "requests"), {}, (*pages)[page].requests);
        }
      }
      if (action.once.empty() && (action.repeated.empty() || action.repeats == 0)) {
        error(at, "the action '" + action.name + "' has no pages", "write once: or repeated:");
      }
    }
    if (!is_some) {
      error(under(document_, "actions"), "users have nothing to do",
            "give at least one action a weight above 0");
    }
  }

  void check_end_of_job(const config::Node& at, const std::string& name, bool is_written) {
    if (!need_service(at, name)) return;
    const Protocol protocol = topology_.services[*topology_.find_service(name)].protocol;
    const bool is_bulk = protocol == Protocol::kHttp || protocol == Protocol::kTls ||
                         protocol == Protocol::kMongo || protocol == Protocol::kRedis;
    if (is_bulk || (protocol == Protocol::kMysql && !is_written)) return;
    error(at, "a job cannot move data to or from '" + name + "' over its protocol",
          "jobs read mysql, mongodb, redis, http and tls, and write all of these but mysql");
  }

  void check_clock() {
    for (std::size_t i = 0; i < topology_.jobs.size(); ++i) {
      const Job& job = topology_.jobs[i];
      const config::Node& at = element(document_, "jobs", i);
      if (!job.from.empty()) check_end_of_job(under(at, "from"), job.from, false);
      if (!job.to.empty() && job.to != kOutsideName)
        check_end_of_job(under(at, "to"), job.to, true);
      if (!job.name.empty() && !is_dns_label(job.name)) {
        error(under(at, "name"), "'" + job.name + "' is no name of a job",
              "give up to 52 small letters, digits and hyphens");
      }
      if (job.from.empty() && job.to.empty()) {
        error(at, "the job '" + job.name + "' moves nothing", "write from: or to:");
      }
      if (job.size.mean_bytes <= 0) {
        error(under(at, "size"), "the job '" + job.name + "' has no size",
              "write size: {mean: 1000000}");
      }
    }
    for (std::size_t i = 0; i < topology_.updates.size(); ++i) {
      const Update& update = topology_.updates[i];
      const config::Node& at = under(element(document_, "updates", i), "service");
      if (!need_service(at, update.service)) continue;
      if (topology_.services[*topology_.find_service(update.service)].is_on_node) {
        error(at, "a pod on the node's address cannot be replaced while it runs",
              "leave the update out");
      }
    }
    for (std::size_t i = 0; i < topology_.scrapers.size(); ++i) {
      (void)need_service(under(element(document_, "scrapers", i), "service"),
                         topology_.scrapers[i].service);
    }
    for (std::size_t i = 0; i < topology_.crashes.size(); ++i) {
      const Crash& crash = topology_.crashes[i];
      const config::Node& at = under(element(document_, "crashes", i), "service");
      if (!need_service(at, crash.service)) continue;
      if (topology_.services[*topology_.find_service(crash.service)].protocol != Protocol::kDns) {
        continue;
      }
      error(at, "'" + crash.service + "' has no connections that could be reset",
            "let a service crash that does not speak DNS");
    }
  }

  const Topology& topology_;
  const config::Node& document_;
  config::Diagnostics& diagnostics_;
  std::vector<std::string> services_;
  std::vector<std::string> operations_;
  std::vector<State> states_;
};

}  // namespace

bool check(const Topology& topology, const config::Node& document,
           config::Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.error_count();
  Checker(topology, document, diagnostics).check_all();
  return diagnostics.error_count() == before;
}

}  // namespace mimir::simulator
