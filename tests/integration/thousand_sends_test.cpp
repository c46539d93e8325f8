// A thousand messages to agents that are busy, wait at their prompt, die with messages in their
// hands, wait for their restart or end for good: none is called delivered that was not, lost, or
// doubled in effect, and each recipient's come in order.
#include <map>
#include <set>

#include "coordinator/client/client.h"
#include "tests/integration/agent_yard.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;

constexpr std::size_t sends = 1000;

// The side of an agent that takes its messages. What it has done outlives its deaths, as a file
// would.
class Receiver {
 public:
  // Dies with each so-manieth new message, 0: never; confirms so many at a time.
  Receiver(std::filesystem::path socket, std::size_t dies_with, std::size_t confirms_each)
      : socket_(std::move(socket)), dies_with_(dies_with), confirms_each_(confirms_each) {}

  // Takes what is there by now.
  void take() {
    if (!client_) subscribe();
    client_->call("ping");
    while (client_) {
      const auto event = client_->next_event(Client::Timeout::zero());
      if (!event) return;
      take_one(event->at("data"));
    }
  }
  void die() { client_.reset(); }
  void confirms_each(std::size_t count) { confirms_each_ = count; }

  const std::vector<std::uint64_t>& effects() const { return effects_; }
  bool has_confirmed(std::uint64_t id) const { return confirmed_.contains(id); }
  std::size_t doubled() const { return doubled_; }

 private:
  void subscribe() {
    client_.emplace(socket_);
    const std::string name = socket_.stem().string().substr(std::string("instance-").size());
    client_->call("subscribe",
                  {{"events", {"message"}}, {"instance_id", name}, {"confirms", true}});
  }

  void take_one(const json& message) {
    const auto id = message.at("id").get<std::uint64_t>();
    if (seen_.insert(id).second) {
      effects_.push_back(id);
      if (dies_with_ > 0 && effects_.size() % dies_with_ == 0) return die();
    } else {
      ++doubled_;
    }
    unconfirmed_.insert(id);
    if (unconfirmed_.size() < confirms_each_) return;
    for (const std::uint64_t each : unconfirmed_) confirmed_.insert(each);
    client_->call("confirm_delivery", {{"ids", unconfirmed_}});
    for (const std::uint64_t each : unconfirmed_) client_->call("ack_message", {{"id", each}});
    unconfirmed_.clear();
  }

  const std::filesystem::path socket_;
  const std::size_t dies_with_;
  std::size_t confirms_each_;
  std::optional<Client> client_;
  std::set<std::uint64_t> seen_;
  std::vector<std::uint64_t> effects_;
  std::set<std::uint64_t> unconfirmed_;
  std::set<std::uint64_t> confirmed_;
  std::size_t doubled_ = 0;
};

class ThousandSends : public AgentYard {
 protected:
  ThousandSends() {
    configure({{"delivery_lease", "200ms"}, {"restart_limit", 0}});
    daemon_->call("allocate_instance", {{"instance_id", "sender"}, {"role", "worker"}});
    for (const char* name : {"idle", "busy", "dying", "ending"}) {
      daemon_->call("allocate_instance", {{"instance_id", name}, {"role", "worker"}});
    }
    kill_agent(spawn("waiting", "supervisor"));
    EXPECT_TRUE(eventually([&] { return waits("waiting"); }));
    add("idle", 0, 1);
    add("busy", 0, 30);
    add("dying", 7, 1);
    add("ending", 0, 3);
    add("waiting", 0, 1);
  }

  void add(const std::string& name, std::size_t dies_with, std::size_t confirms_each) {
    receivers_.try_emplace(name, daemon_->instance_socket(name), dies_with, confirms_each);
  }
  Receiver& receiver(const std::string& name) { return receivers_.at(name); }

  // Now and then twice, as one who has not heard the answer.
  void send(LineClient& sender, const std::string& to, std::size_t number) {
    const std::string text = std::to_string(number);
    const json message{{"from", "sender"}, {"to", to}, {"body", text}, {"key", text}};
    const json id = sender.call("send_message", message).at("id");
    if (number % 50 == 0) {
      EXPECT_EQ(sender.call("send_message", message).at("id"), id);
    }
    sent_[to].push_back(id.get<std::uint64_t>());
  }

  std::vector<std::uint64_t> listed_as(const std::string& name, const char* status) {
    std::vector<std::uint64_t> ids;
    const json asked{{"instance_id", name}, {"status", status}, {"limit", 1000}};
    const json listed = daemon_->call("list_messages", asked);
    for (const json& each : listed.at("messages")) ids.push_back(each.at("id"));
    return ids;
  }

  void expect_none_falsely_delivered() {
    for (const auto& [name, receiver] : receivers_) {
      for (const char* status : {"delivered", "read", "acked"}) {
        for (const std::uint64_t id : listed_as(name, status)) {
          EXPECT_TRUE(receiver.has_confirmed(id)) << name << " " << id << " is not " << status;
        }
      }
    }
  }

  // Whoever lives takes the rest.
  void expect_all_taken(const std::string& name) {
    receiver(name).confirms_each(1);
    EXPECT_TRUE(eventually([&] {
      receiver(name).take();
      return listed_as(name, "acked").size() == sent_[name].size();
    })) << name;
    EXPECT_EQ(receiver(name).effects(), sent_[name]) << name << ": each once, in order";
  }

  std::map<std::string, Receiver> receivers_;
  std::map<std::string, std::vector<std::uint64_t>> sent_;
};

TEST_F(ThousandSends, none_is_falsely_delivered_lost_doubled_or_out_of_order) {
  LineClient sender = daemon_->connect();
  std::vector<std::string> names{"idle", "busy", "dying", "waiting", "ending"};
  for (std::size_t i = 0; i < sends; ++i) {
    send(sender, names[i % names.size()], i);
    receiver("idle").take();
    if (i % 5 == 0) receiver("dying").take();
    if (i % 100 == 99) receiver("busy").take();
    if (i < sends / 2 && i % 20 == 0) receiver("ending").take();
    if (i == sends / 2) {
      receiver("ending").die();
      expect_none_falsely_delivered();
      daemon_->call("release_instance", {{"instance_id", "ending"}});
      names.pop_back();
    }
  }
  for (const char* name : {"idle", "busy", "dying"}) expect_all_taken(name);
  EXPECT_EQ(listed_as("waiting", "pending"), sent_["waiting"]) << "while it is away";
  spawn("waiting", "supervisor");
  expect_all_taken("waiting");
  expect_none_falsely_delivered();
  EXPECT_GT(receiver("dying").doubled(), 10U) << "what it died with came again";

  ASSERT_TRUE(eventually([&] {
    return listed_as("ending", "pending").empty() && listed_as("ending", "delivered").empty();
  }));
  std::set<std::uint64_t> dead;
  const json asked{{"instance_id", "ending"}, {"limit", 1000}};
  const json listed = daemon_->call("list_dead_letters", asked);
  for (const json& letter : listed.at("letters")) {
    dead.insert(letter.at("id").get<std::uint64_t>());
  }
  EXPECT_FALSE(dead.empty());
  for (const std::uint64_t id : sent_["ending"]) {
    EXPECT_NE(dead.contains(id), receiver("ending").has_confirmed(id)) << "taken, or dead: " << id;
  }
}

}  // namespace
}  // namespace yardmaster::support
