# cmake --install build/release [--prefix DIR]: the two programs, what lets shells complete commands, the
# library that makes a disk slower, the scenarios and the documents.
include(GNUInstallDirs)
foreach(program yardmaster loadgen)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME)
  endif()
endforeach()
set(scripts coordinator/cli/completion_scripts)
install(FILES ${scripts}/yardmaster.bash RENAME yardmaster
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${scripts}/yardmaster.zsh RENAME _yardmaster
  DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES ${scripts}/yardmaster.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
# Where loadgen looks for it, from its own place.
if(TARGET yardmaster_fsync_delay)
  install(TARGETS yardmaster_fsync_delay LIBRARY DESTINATION lib/yardmaster)
endif()
install(DIRECTORY scenarios/ DESTINATION ${CMAKE_INSTALL_DATADIR}/yardmaster/scenarios OPTIONAL)
install(FILES README.md CHANGELOG.md CONTRIBUTING.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
