// SPDX-License-Identifier: Apache-2.0
// The keys of a topology document, each with its range, unit and help.
#include "tools/simulator/topology_file.h"

namespace mimir::simulator {
namespace {

config::Section<SizeLaw> size_section(const char* name) {
  using C = SizeLaw;
  config::Section<C> section(name);
  section
      .real("mean", &C::mean_bytes,
            {.min = 0, .max = 150'000, .unit = "bytes", .help = "The mean; 0 is no body."})
      .real("sigma", &C::sigma,
            {.min = 0,
             .max = 2,
             .unit = "",
             .help = "Standard deviation of the logarithm; 0: always the mean."});
  return section;
}

config::Section<Replication> replication_section() {
  using C = Replication;
  config::Section<C> section("replication");
  section
      .integer("port", &C::port,
               {.min = 0,
                .max = 65535,
                .unit = "",
                .help = "Where the members listen to each other; 0: no replication."})
      .section("write", &C::write, size_section("write"), "What a write sends to every member.")
      .section("confirmation", &C::confirmation, size_section("confirmation"),
               "What every member then sends to every other.");
  return section;
}

config::Section<Service> service_section() {
  using C = Service;
  using enum Protocol;
  config::Section<C> section("services[]");
  section.text("name", &C::name, "Of the Service and of its workload; a DNS label.")
      .text("namespace", &C::namespace_name, "Its namespace.")
      .choice("kind", &C::kind, {"Deployment", "StatefulSet", "DaemonSet"},
              "What owns the pods; a StatefulSet numbers them.")
      .text("image", &C::image, "Said in the entities file.")
      .text_list("labels", &C::labels,
                 "Labels as key=value, of the Service and its pods; without any, app=<name>.")
      .choice("protocol", &C::protocol,
              {{"http", kHttp},
               {"grpc", kGrpc},
               {"mysql", kMysql},
               {"mongodb", kMongo},
               {"redis", kRedis},
               {"amqp", kAmqp},
               {"tls", kTls},
               {"dns", kDns}},
              "What is spoken on its port.")
      .integer("port", &C::port,
               {.min = 1, .max = 65535, .unit = "", .help = "The port of the Service."})
      .integer("target", &C::target,
               {.min = 0,
                .max = 65535,
                .unit = "",
                .help = "The port of the pods; 0: the same as that of the Service."})
      .boolean("headless", &C::is_headless,
               "No virtual address: the DNS gives the addresses of the pods.")
      .boolean("on_node", &C::is_on_node, "Its pod has the address of the first node.")
      .integer("replicas", &C::replicas,
               {.min = 1, .max = 200, .unit = "pods", .help = "How many there are at the start."})
      .integer("replicas_max", &C::replicas_max,
               {.min = 0,
                .max = 200,
                .unit = "pods",
                .help = "If above replicas, the autoscaler goes up to it and back."})
      .real("users_per_replica", &C::users_per_replica,
            {.min = 0.1,
             .max = 100'000,
             .unit = "users",
             .help = "How many users a pod serves when the autoscaler is content."})
      .integer("probe_port", &C::probe_port,
               {.min = 0,
                .max = 65535,
                .unit = "",
                .help = "Where the kubelet asks for health, by HTTP; 0: nowhere."})
      .duration_ns("probe_period", &C::probe_period_ns, kNsPerSecond, 3600 * kNsPerSecond,
                   "How often readiness and liveness are asked for, each.")
      .integer("metrics_port", &C::metrics_port,
               {.min = 0,
                .max = 65535,
                .unit = "",
                .help = "Where scrapers ask its pods; 0: at the port of the pods if that speaks "
                        "HTTP, else nowhere."})
      .duration_ns("outside_lookup_every", &C::outside_lookup_every_ns, 0, kNsPerDay,
                   "A pod's mean time between names of the world it asks for; 0s: never.")
      .section("replication", &C::replication, replication_section(),
               "How the members tell each other of writes.");
  return section;
}

config::Section<Link> link_section() {
  using C = Link;
  config::Section<C> section("links[]");
  section.text("client", &C::client, "The service whose pods open the connections.")
      .text("server", &C::server, "The service they open them to.")
      .choice("reuse", &C::reuse,
              {{"call", Reuse::kCall}, {"request", Reuse::kRequest}, {"pool", Reuse::kPool}},
              "A connection for each call, for each request that the client serves, or a pool.")
      .duration_ns("idle_close", &C::idle_close_ns, 0, kNsPerDay,
                   "A pooled connection that is unused for so long is closed; 0s: never.")
      .boolean("looks_up", &C::looks_up, "Whether the DNS is asked for the server.")
      .duration_ns("lookup_cache", &C::lookup_cache_ns, 0, kNsPerDay,
                   "How long a pod remembers the answer.")
      .duration_ns("heartbeat", &C::heartbeat_ns, 0, kNsPerDay,
                   "How often a protocol's own keep-alive goes over a pooled connection; 0s: "
                   "never.")
      .duration_ns("keep_alive", &C::keep_alive_ns, 0, kNsPerDay,
                   "TCP's own probe after so long a silence on a pooled connection; 0s: none.");
  return section;
}

config::Section<Step> step_section(const char* name) {
  using C = Step;
  config::Section<C> section(name);
  section.text("call", &C::operation, "The operation.")
      .real("probability", &C::probability,
            {.min = 0, .max = 1, .unit = "", .help = "How often it is made at all."})
      .integer("times", &C::times,
               {.min = 1,
                .max = 1000,
                .unit = "calls",
                .help = "So many, one after the other, each with that probability."})
      .boolean("parallel", &C::is_parallel, "It starts together with the call before it.");
  return section;
}

config::Section<Operation> operation_section() {
  using C = Operation;
  using enum Content;
  const std::vector<std::pair<std::string, Content>> contents{
      {"none", kNone}, {"html", kHtml}, {"json", kJson}, {"jpeg", kJpeg}};
  config::Section<C> section("operations[]");
  section.text("name", &C::name, "What calls and pages name it by.")
      .text("service", &C::service, "Whose pods serve it.")
      .text("method", &C::method,
            "HTTP's method, SQL's text, MongoDB's collection, Redis' command, AMQP's key.")
      .text("path", &C::path, "Of HTTP and gRPC; # stands for an identifier.")
      .section("request", &C::request, size_section("request"), "The size of the request's body.")
      .choice("upload", &C::upload, contents, "What is in the body of an HTTP request.")
      .section("reply", &C::reply, size_section("reply"), "The size of the reply's body.")
      .choice("content", &C::content, contents, "What is in the body of an HTTP reply.")
      .duration_ns("work", &C::work_ns, 0, 600 * kNsPerSecond,
                   "The mean of the server's own time, the calls apart.")
      .integer("piece", &C::piece_bytes,
               {.min = 0,
                .max = 1'000'000,
                .unit = "bytes",
                .help = "The server writes the reply so much at a time; 0: at once."})
      .boolean("write", &C::is_write, "Every member of its replicated service is told.")
      .list_of("calls", &C::steps, step_section("calls[]"), "What it asks of others, in order.")
      .text("deliver_to", &C::deliver_to, "Of AMQP: the service whose pods get the message.");
  return section;
}

config::Section<Action> action_section() {
  using C = Action;
  const auto pages = [](const char* name) {
    config::Section<Page> section(name);
    section.list_of("requests", &Page::requests, step_section("requests[]"),
                    "Operations of the front service, one after the other.");
    return section;
  };
  config::Section<C> section("actions[]");
  section.text("name", &C::name, "What --mix names it by.")
      .real("weight", &C::weight,
            {.min = 0, .max = 1e6, .unit = "", .help = "Its share where --mix says nothing."})
      .list_of("once", &C::once, pages("once[]"), "Pages at the beginning; a wait follows each.")
      .list_of("repeated", &C::repeated, pages("repeated[]"), "Pages that come again.")
      .integer("repeats", &C::repeats,
               {.min = 0, .max = 100'000, .unit = "times", .help = "How often they come."});
  return section;
}

config::Section<Job> job_section() {
  using C = Job;
  config::Section<C> section("jobs[]");
  section.text("name", &C::name, "Of the CronJob; its pods are named after it.")
      .text("namespace", &C::namespace_name, "Its namespace.")
      .duration_ns("at", &C::at_ns, 0, kNsPerDay, "When it runs, since midnight UTC.")
      .duration_ns("every", &C::every_ns, 0, kNsPerDay,
                   "It runs so often, from `at` on; 0s: once a day.")
      .text("from", &C::from, "The service it reads from; \"\" for none.")
      .text("to", &C::to, "The service it writes to, outside for the internet, \"\" for none.")
      .integer("site", &C::site,
               {.min = 0,
                .max = 255,
                .unit = "",
                .help = "Which network outside it writes to, if it does: 0 is 192.0.2.0/24, any "
                        "other 198.18.N.0/24."})
      .section(
          "size", &C::size,
          [] {
            config::Section<SizeLaw> size("size");
            size.real("mean", &SizeLaw::mean_bytes,
                      {.min = 1, .max = 1e12, .unit = "bytes", .help = "The mean."})
                .real("sigma", &SizeLaw::sigma,
                      {.min = 0,
                       .max = 2,
                       .unit = "",
                       .help = "Standard deviation of the logarithm."});
            return size;
          }(),
          "How much it moves.")
      .real("rate", &C::rate_bytes_per_s,
            {.min = 1, .max = 1e9, .unit = "bytes/s", .help = "How fast, on average."});
  return section;
}

config::Section<Update> update_section() {
  using C = Update;
  config::Section<C> section("updates[]");
  section.text("service", &C::service, "The service whose pods are replaced one by one.")
      .duration_ns("at", &C::at_ns, 0, kNsPerDay, "When it begins, since midnight UTC.");
  return section;
}

config::Section<Crash> crash_section() {
  using C = Crash;
  config::Section<C> section("crashes[]");
  section.text("service", &C::service, "The service whose containers die, all at once.")
      .duration_ns("at", &C::at_ns, 0, kNsPerDay, "When, since midnight UTC.")
      .duration_ns("down_for", &C::down_for_ns, kNsPerSecond, kNsPerDay / 2,
                   "For so long its pods refuse every connection; they keep their addresses.");
  return section;
}

config::Section<Scraper> scraper_section() {
  using C = Scraper;
  config::Section<C> section("scrapers[]");
  section
      .text("service", &C::service,
            "The service whose pods ask every pod that has metrics, by HTTP.")
      .duration_ns("every", &C::every_ns, kNsPerSecond, 3600 * kNsPerSecond, "How often.");
  return section;
}

}  // namespace

config::Section<Topology> topology_section() {
  using C = Topology;
  config::Section<C> section("topology");
  section.text("name", &C::name, "Of the application.")
      .text("front", &C::front, "The service that users outside talk to, by HTTP.")
      .text("dns", &C::dns, "The service that answers name lookups.")
      .integer("nodes", &C::nodes,
               {.min = 1, .max = 64, .unit = "nodes", .help = "The pods are spread over so many."})
      .duration_ns("wait_low", &C::wait_low_ns, 0, 3600 * kNsPerSecond,
                   "A user waits at least so long between two pages.")
      .duration_ns("wait_high", &C::wait_high_ns, 1, 3600 * kNsPerSecond,
                   "And at most so long; the time is uniform between the two.")
      .text_list("outside_names", &C::outside_names,
                 "Names of the world that pods ask for now and then.")
      .boolean("scripted_users", &C::are_users_scripts,
               "Users are the scripts of a load generator, not people with browsers.")
      .real("loss", &C::loss,
            {.min = 0,
             .max = 0.1,
             .unit = "",
             .help = "The share of data segments that are lost behind the tap and sent again."})
      .list_of("services", &C::services, service_section(), "What runs.")
      .list_of("links", &C::links, link_section(), "Who opens connections to whom, and how.")
      .list_of("operations", &C::operations, operation_section(), "What can be asked of a service.")
      .list_of("actions", &C::actions, action_section(), "What users do.")
      .list_of("jobs", &C::jobs, job_section(), "What comes by the clock.")
      .list_of("updates", &C::updates, update_section(), "Which pods are replaced, and when.")
      .list_of("crashes", &C::crashes, crash_section(), "What dies, and comes back.")
      .list_of("scrapers", &C::scrapers, scraper_section(), "What monitors all of it.")
      .require(
          "wait_high", [](const C& c) { return c.wait_low_ns <= c.wait_high_ns; },
          "topology.wait_high is below topology.wait_low", "raise wait_high");
  return section;
}

std::string topology_reference() {
  return config::to_markdown(
      {{.name = "topology",
        .help = "What `mimir simulate --topology FILE` reads. The documents beside this page are "
                "part of the executable: `mimir simulate --app NAME --print-topology` shows one.",
        .keys = topology_section().keys()}});
}

}  // namespace mimir::simulator
