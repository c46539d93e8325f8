# cmake --install build/release [--prefix DIR]: the two programs, the library that makes a disk slower,
# the scenarios and the documents.
include(GNUInstallDirs)
foreach(program yardmaster loadgen)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME)
  endif()
endforeach()
# Where loadgen looks for it, from its own place.
if(TARGET yardmaster_fsync_delay)
  install(TARGETS yardmaster_fsync_delay LIBRARY DESTINATION lib/yardmaster)
endif()
install(DIRECTORY scenarios/ DESTINATION ${CMAKE_INSTALL_DATADIR}/yardmaster/scenarios OPTIONAL)
install(FILES README.md CHANGELOG.md CONTRIBUTING.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
