// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "tools/simulator/topology.h"

namespace mimir::simulator {
namespace {

constexpr const char* kShop = "sock-shop";

std::vector<Service> services() {
  using enum Protocol;
  return {
      {"front-end", kShop, "name", 80, 8079, kHttp, 6, 8079, 90},
      {"catalogue", kShop, "name", 80, 80, kHttp, 6, 80, 120},
      {"catalogue-db", kShop, "name", 3306, 3306, kMysql, 1, 0, 0},
      {"carts", kShop, "name", 80, 80, kHttp, 4, 80, 120},
      {"carts-db", kShop, "name", 27017, 27017, kMongo, 1, 0, 0},
      {"orders", kShop, "name", 80, 80, kHttp, 3, 80, 120},
      {"orders-db", kShop, "name", 27017, 27017, kMongo, 1, 0, 0},
      {"user", kShop, "name", 80, 80, kHttp, 6, 80, 120},
      {"user-db", kShop, "name", 27017, 27017, kMongo, 1, 0, 60},
      {"payment", kShop, "name", 80, 80, kHttp, 6, 80, 0},
      {"shipping", kShop, "name", 80, 80, kHttp, 3, 80, 120},
      {"queue-master", kShop, "name", 80, 80, kHttp, 3, 80, 0},
      {"rabbitmq", kShop, "name", 5672, 5672, kAmqp, 1, 0, 0},
      {"session-db", kShop, "name", 6379, 6379, kRedis, 1, 0, 0},
      {"kube-dns", "kube-system", "k8s-app", 53, 53, kDns, 2, 8080, 0},
  };
}

std::vector<Link> links() {
  // Node's default agent opens a connection for every call and asks the DNS each
  // time; Java keeps names for 30 s; Go keeps connections, and asks when it opens one.
  return {
      {"front-end", "catalogue", false, 0, 0, 0},    {"front-end", "carts", false, 0, 0, 0},
      {"front-end", "orders", false, 0, 0, 0},       {"front-end", "user", false, 0, 0, 0},
      {"front-end", "session-db", true, 0, 0, 0},    {"catalogue", "catalogue-db", true, 60, 0, 0},
      {"carts", "carts-db", true, 0, 30, 10},        {"orders", "user", true, 5, 30, 0},
      {"orders", "carts", true, 5, 30, 0},           {"orders", "payment", true, 5, 30, 0},
      {"orders", "shipping", true, 5, 30, 0},        {"orders", "orders-db", true, 0, 30, 10},
      {"user", "user-db", true, 0, 0, 10},           {"shipping", "rabbitmq", true, 0, 30, 30},
      {"queue-master", "rabbitmq", true, 0, -1, 30},
  };
}

/// Operation's members in their order: a call, so that a row stays a row.
Operation row(std::string name, std::string service, std::string method, std::string path,
              SizeLaw request, Content content, SizeLaw reply, double work_ms,
              std::vector<Step> steps, std::string deliver_to = {}) {
  return {std::move(name),
          std::move(service),
          std::move(method),
          std::move(path),
          request,
          content,
          reply,
          work_ms,
          std::move(steps),
          std::move(deliver_to)};
}

std::vector<Operation> database_operations() {
  using enum Content;
  return {
      row("session.get", "session-db", "GET", "", {0, 0}, kNone, {420, 0.3}, 0.1, {}),
      row("session.set", "session-db", "SETEX", "", {420, 0.3}, kNone, {0, 0}, 0.1, {}),
      row("socks.list", "catalogue-db",
          "SELECT sock.sock_id AS id, sock.name, sock.description, sock.price, sock.count, "
          "sock.image_url_1, GROUP_CONCAT(tag.name) AS tag_name FROM sock JOIN sock_tag JOIN tag "
          "GROUP BY id ORDER BY id",
          "", {0, 0}, kNone, {3600, 0.35}, 1.4, {}),
      row("socks.one", "catalogue-db",
          "SELECT sock.sock_id AS id, sock.name, sock.description, sock.price FROM sock WHERE "
          "sock.sock_id = ?",
          "", {0, 0}, kNone, {620, 0.25}, 0.7, {}),
      row("socks.tags", "catalogue-db", "SELECT name FROM tag", "", {0, 0}, kNone, {260, 0.1}, 0.4,
          {}),
      row("cartsdb.find", "carts-db", "cart", "", {110, 0.2}, kNone, {540, 0.6}, 0.5, {}),
      row("cartsdb.write", "carts-db", "item", "", {330, 0.3}, kNone, {60, 0.1}, 0.8, {}),
      row("ordersdb.insert", "orders-db", "customerOrder", "", {1500, 0.4}, kNone, {60, 0.1}, 1.1,
          {}),
      row("userdb.customer", "user-db", "customers", "", {90, 0.2}, kNone, {680, 0.4}, 0.7, {}),
      row("userdb.cards", "user-db", "cards", "", {120, 0.2}, kNone, {310, 0.3}, 0.5, {}),
      row("userdb.addresses", "user-db", "addresses", "", {120, 0.2}, kNone, {380, 0.3}, 0.5, {}),
      row("userdb.insert", "user-db", "customers", "", {460, 0.3}, kNone, {60, 0.1}, 0.9, {}),
      row("queue.publish", "rabbitmq", "shipping-task", "", {190, 0.2}, kNone, {0, 0}, 0.3, {},
          "queue-master"),
  };
}

std::vector<Operation> inner_operations() {
  using enum Content;
  return {
      row("catalogue.list", "catalogue", "GET", "/catalogue?size=9", {0, 0}, kJson, {3100, 0.35},
          0.6, {{"socks.list"}}),
      row("catalogue.one", "catalogue", "GET", "/catalogue/#", {0, 0}, kJson, {520, 0.25}, 0.4,
          {{"socks.one"}}),
      row("catalogue.tags", "catalogue", "GET", "/tags", {0, 0}, kJson, {140, 0.1}, 0.3,
          {{"socks.tags"}}),
      row("catalogue.image", "catalogue", "GET", "/catalogue/images/#.jpg", {0, 0}, kJpeg,
          {28000, 0.5}, 0.6, {}),
      row("carts.get", "carts", "GET", "/carts/#/items", {0, 0}, kJson, {620, 0.7}, 1.8,
          {{"cartsdb.find"}}),
      row("carts.add", "carts", "POST", "/carts/#/items", {140, 0.2}, kJson, {160, 0.2}, 2.2,
          {{"cartsdb.find"}, {"cartsdb.write"}, {"cartsdb.write", 0.5}}),
      row("carts.delete", "carts", "DELETE", "/carts/#", {0, 0}, kNone, {0, 0}, 1.6,
          {{"cartsdb.find"}, {"cartsdb.write"}}),
      row("user.login", "user", "GET", "/login", {0, 0}, kJson, {520, 0.3}, 0.8,
          {{"userdb.customer"}, {"userdb.cards", 0.6}, {"userdb.addresses", 0.6}}),
      row("user.register", "user", "POST", "/register", {170, 0.2}, kJson, {90, 0.1}, 1.2,
          {{"userdb.customer"}, {"userdb.insert"}}),
      row("user.customer", "user", "GET", "/customers/#", {0, 0}, kJson, {480, 0.3}, 0.5,
          {{"userdb.customer"}}),
      row("user.card", "user", "GET", "/cards/#", {0, 0}, kJson, {210, 0.2}, 0.4,
          {{"userdb.cards"}}),
      row("user.address", "user", "GET", "/addresses/#", {0, 0}, kJson, {280, 0.2}, 0.4,
          {{"userdb.addresses"}}),
      row("user.add_card", "user", "POST", "/cards", {150, 0.2}, kJson, {80, 0.1}, 0.8,
          {{"userdb.insert"}, {"userdb.customer"}}),
      row("user.add_address", "user", "POST", "/addresses", {210, 0.2}, kJson, {80, 0.1}, 0.8,
          {{"userdb.insert"}, {"userdb.customer"}}),
      row("payment.authorise", "payment", "POST", "/paymentAuth", {820, 0.2}, kJson, {110, 0.1},
          0.7, {}),
      row("shipping.post", "shipping", "POST", "/shipping", {170, 0.2}, kJson, {150, 0.1}, 1.5,
          {{"queue.publish"}}),
      row("orders.post", "orders", "POST", "/orders", {340, 0.2}, kJson, {2200, 0.3}, 4.0,
          {{"user.address"},
           {"user.customer", 1, true},
           {"user.card", 1, true},
           {"carts.get", 1, true},
           {"payment.authorise"},
           {"shipping.post"},
           {"ordersdb.insert"}}),
  };
}

std::vector<Operation> front_operations() {
  using enum Content;
  return {
      row("index", "front-end", "GET", "/", {0, 0}, kHtml, {8700, 0.05}, 1.2, {{"session.get"}}),
      row("category", "front-end", "GET", "/category.html", {0, 0}, kHtml, {21000, 0.08}, 1.2,
          {{"session.get"}}),
      row("detail", "front-end", "GET", "/detail.html?id=#", {0, 0}, kHtml, {14500, 0.08}, 1.2,
          {{"session.get"}}),
      row("basket", "front-end", "GET", "/basket.html", {0, 0}, kHtml, {12800, 0.06}, 1.2,
          {{"session.get"}}),
      row("list", "front-end", "GET", "/catalogue?size=9", {0, 0}, kJson, {3100, 0.35}, 0.7,
          {{"session.get"}, {"catalogue.list"}}),
      row("one", "front-end", "GET", "/catalogue/#", {0, 0}, kJson, {520, 0.25}, 0.7,
          {{"session.get"}, {"catalogue.one"}}),
      row("tags", "front-end", "GET", "/tags", {0, 0}, kJson, {140, 0.1}, 0.7,
          {{"session.get"}, {"catalogue.tags"}}),
      row("image", "front-end", "GET", "/catalogue/images/#.jpg", {0, 0}, kJpeg, {28000, 0.5}, 0.7,
          {{"session.get"}, {"catalogue.image"}}),
      row("cart", "front-end", "GET", "/cart", {0, 0}, kJson, {620, 0.7}, 0.8,
          {{"session.get"}, {"carts.get"}}),
      row("cart.delete", "front-end", "DELETE", "/cart", {0, 0}, kNone, {0, 0}, 0.8,
          {{"session.get"}, {"carts.delete"}}),
      row("cart.add", "front-end", "POST", "/cart", {60, 0.1}, kNone, {0, 0}, 1.0,
          {{"session.get"}, {"catalogue.one"}, {"carts.add"}}),
      row("login", "front-end", "GET", "/login", {0, 0}, kHtml, {160, 0.1}, 1.0,
          {{"session.get"}, {"user.login"}, {"session.set"}}),
      row("register", "front-end", "POST", "/register", {170, 0.2}, kJson, {90, 0.1}, 1.0,
          {{"session.get"}, {"user.register"}, {"session.set"}}),
      row("card.add", "front-end", "POST", "/cards", {150, 0.2}, kJson, {80, 0.1}, 0.9,
          {{"session.get"}, {"user.add_card"}}),
      row("address.add", "front-end", "POST", "/addresses", {210, 0.2}, kJson, {80, 0.1}, 0.9,
          {{"session.get"}, {"user.add_address"}}),
      row("order", "front-end", "POST", "/orders", {20, 0.1}, kJson, {2200, 0.3}, 1.4,
          {{"session.get"}, {"user.customer"}, {"orders.post"}}),
  };
}

std::vector<Action> actions() {
  const Page category = {
      {{"category"}, {"list", 0.6}, {"tags", 0.5}, {"image", 0.35}, {"cart", 0.3}}};
  const Page detail = {{{"detail"}, {"one", 0.7}, {"image", 0.3}, {"cart", 0.2}}};
  const Page index = {{{"index"}}};
  const Page list = {{{"list"}}};
  return {
      {"buy",
       {index,
        {{{"login"}}},
        list,
        category,
        detail,
        {{{"cart.delete"}}},
        {{{"cart.add"}}},
        {{{"basket"}, {"cart"}}},
        {{{"order"}}}},
       {},
       0},
      {"browse", {index, list}, {category, detail}, 20},
      {"register", {{{{"register"}}}, {{{"login"}}}, {{{"card.add"}}}, {{{"address.add"}}}}, {}, 0},
  };
}

}  // namespace

Topology sock_shop() {
  Topology topology;
  topology.name = "sockshop";
  topology.services = services();
  topology.links = links();
  for (auto part : {front_operations(), inner_operations(), database_operations()}) {
    topology.operations.insert(topology.operations.end(), part.begin(), part.end());
  }
  topology.actions = actions();
  topology.front = "front-end";
  topology.dns = "kube-dns";
  topology.outside_names = {"registry.npmjs.example", "time.cloud.example", "api.mail.example",
                            "mirror.debian.example", "telemetry.weave.example"};
  return topology;
}

}  // namespace mimir::simulator
