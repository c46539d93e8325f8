#include "coordinator/instances/resources/life_signs.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "coordinator/base/stall_detector.h"

namespace yardmaster {

void LifeSigns::expect(const std::string& instance) {
  expected_[instance] = std::make_shared<Expected>(io_);
}

void LifeSigns::notify(const std::string& instance, LifeSign sign) {
  const auto found = expected_.find(instance);
  if (found == expected_.end() || found->second->sign != LifeSign::none) return;
  found->second->sign = sign;
  found->second->heard.cancel();
}

boost::asio::awaitable<LifeSign> LifeSigns::wait(std::string instance,
                                                 std::chrono::nanoseconds timeout) {
  const auto found = expected_.find(instance);
  if (found == expected_.end()) co_return LifeSign::none;
  const std::shared_ptr<Expected> expected = found->second;
  if (expected->sign == LifeSign::none) {
    expected->heard.expires_after(timeout);
    boost::system::error_code cancelled;
    const KeepName keep_name;
    co_await expected->heard.async_wait(
        boost::asio::redirect_error(boost::asio::use_awaitable, cancelled));
  }
  co_return expected->sign;
}

}  // namespace yardmaster
