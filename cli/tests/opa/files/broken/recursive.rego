package broken

a if a
