package broken

a if b

b if a
