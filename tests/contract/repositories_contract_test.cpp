#include "tests/contract/store_fixture.h"

namespace yardmaster {
namespace {

class RepositoryContract : public StoreContract {
 protected:
  static Repository engine() {
    Repository repository;
    repository.name = "engine";
    repository.path = "/state/repos/engine";
    repository.url = "https://example.org/engine.git";
    repository.tmux_session = "yard-engine";
    repository.owned = true;
    return repository;
  }

  Repository add(const Repository& repository) {
    return in_transaction([&] { return store_->add_repository(repository); });
  }
};
INSTANTIATE_TEST_SUITE_P(Drivers, RepositoryContract, testing::ValuesIn(store_names()),
                         driver_name);

TEST_P(RepositoryContract, a_repository_is_kept_with_all_that_was_said_of_it) {
  const Repository added = add(engine());
  reopen();
  const Repository found = store_->find_repository("engine");
  for (const Repository& repository : {added, found}) {
    EXPECT_EQ(repository.id, found.id);
    EXPECT_EQ(repository.name, "engine");
    EXPECT_EQ(repository.path, "/state/repos/engine");
    EXPECT_EQ(repository.url, "https://example.org/engine.git");
    EXPECT_EQ(repository.base_branch, "");
    EXPECT_EQ(repository.tmux_session, "yard-engine");
    EXPECT_TRUE(repository.owned);
    EXPECT_EQ(repository.state, RepositoryState::cloning);
    EXPECT_EQ(repository.created_at, clock_.wall_now());
  }
  create("ada");
  EXPECT_GT(store_->find_instance("ada").id, found.id) << "ids rise";
}

TEST_P(RepositoryContract, a_name_is_given_once_and_well_formed) {
  add(engine());
  EXPECT_EQ(refusal([&] { return store_->add_repository(engine()); }), ErrorCode::already_exists);
  Repository malformed = engine();
  malformed.name = "My Engine";
  EXPECT_EQ(refusal([&] { return store_->add_repository(malformed); }), ErrorCode::invalid_request);
  EXPECT_EQ(refusal([&] { return store_->find_repository("boat"); }), ErrorCode::not_found);
}

TEST_P(RepositoryContract, a_clone_becomes_ready_or_says_why_it_failed) {
  using namespace std::string_literals;
  add(engine());
  Repository boat = engine();
  boat.name = "boat";
  boat.path = "/caf\xe9/boat";
  boat.base_branch = "trunk";
  add(boat);
  const std::string why = "fatal: \0 \xff"s;
  in_transaction([&] {
    store_->set_repository_state("engine", RepositoryState::ready, "", "main", "/elsewhere");
    store_->set_repository_state("boat", RepositoryState::failed, why, "", "");
  });
  reopen();
  const auto repositories = store_->list_repositories();
  ASSERT_EQ(repositories.size(), 2U);
  EXPECT_EQ(repositories[0].name, "boat");
  EXPECT_EQ(repositories[0].state, RepositoryState::failed);
  EXPECT_EQ(repositories[0].error, why);
  EXPECT_EQ(repositories[0].base_branch, "trunk") << "it stays what it was";
  EXPECT_EQ(repositories[0].path, "/caf\xe9/boat");
  EXPECT_EQ(repositories[1].state, RepositoryState::ready);
  EXPECT_EQ(repositories[1].base_branch, "main");
  EXPECT_EQ(repositories[1].path, "/elsewhere");
  EXPECT_EQ(
      refusal([&] { store_->set_repository_state("car", RepositoryState::ready, "", "", ""); }),
      ErrorCode::not_found);
}

TEST_P(RepositoryContract, a_repository_is_not_removed_under_its_instances) {
  add(engine());
  InstanceRequest request;
  request.name = "ada";
  request.role = "worker";
  request.repo = "engine";
  in_transaction([&] { return store_->create_instance(request, ""); });
  const auto remove = [this] { store_->remove_repository("engine"); };
  EXPECT_EQ(refusal(remove), ErrorCode::conflict);
  end("ada", "released");
  in_transaction(remove);
  EXPECT_EQ(refusal(remove), ErrorCode::not_found);
  EXPECT_TRUE(store_->list_repositories().empty());
  EXPECT_EQ(add(engine()).name, "engine");
}

TEST_P(RepositoryContract, no_instance_of_a_removed_repository_is_wanted_any_more) {
  add(engine());
  Repository boat = engine();
  boat.name = "boat";
  add(boat);
  for (const char* repo : {"engine", "boat"}) {
    InstanceRequest request;
    request.name = std::string(repo) + "-supervisor";
    request.role = "supervisor";
    request.repo = repo;
    request.wanted = true;
    EndRecord death;
    death.reason = "process died";
    death.keeps_wanted = true;
    in_transaction([&] {
      store_->create_instance(request, "");
      store_->end_instance(request.name, death);
    });
  }
  in_transaction([&] { store_->remove_repository("engine"); });
  reopen();
  const auto wanted = store_->list_wanted();
  ASSERT_EQ(wanted.size(), 1U);
  EXPECT_EQ(wanted[0].name, "boat-supervisor");
}

}  // namespace
}  // namespace yardmaster
