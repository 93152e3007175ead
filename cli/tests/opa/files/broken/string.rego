package broken

x := "never closed
