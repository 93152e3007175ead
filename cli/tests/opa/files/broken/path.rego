package broken.a

b := 1
