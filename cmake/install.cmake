# cmake --install build/release [--prefix DIR]: the two programs, the scenarios and the documents.
include(GNUInstallDirs)
foreach(program yardmaster loadgen)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME)
  endif()
endforeach()
install(DIRECTORY scenarios/ DESTINATION ${CMAKE_INSTALL_DATADIR}/yardmaster/scenarios OPTIONAL)
install(FILES README.md CHANGELOG.md CONTRIBUTING.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
